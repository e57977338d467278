#!/usr/bin/env python3
"""Compares ours with the reference libraries on random small folders and files, and prints what differs: none should.

    .venv/bin/python scripts/check_differences.py [--seed 0] [--cases 20 | --minutes 60] [--kinds settings,models,…]
        [--first N] [--keep DIR] [--programs build/release/bin] [--data DIR] [--minilm DIR]
        [--models DIR] [--sample N]

Kinds of random cases, each made from the seed, the kind and its number, so that one difference can be seen again:
  settings     tokenizer folders (classes, keys, added tokens)        transformers' AutoTokenizer
  rows         files of examples: pairs, truncation, completions      transformers, csv
  models       configurations, names and types of tensors, heads      transformers' AutoModel
  safetensors  headers, types, alignment, damaged files               safetensors
  shards       index files, shards                                    transformers
  adapters     LoRA folders: patterns, targets, heads, names          peft
  predictions  files of predictions and references, their scores      e2e-metrics' rules, csv, pycocoevalcap
  ptb          text with markup, addresses, entities                  CoreNLP 3.4.1
  labels       accuracy, F1, Matthews correlation                     their definitions
Kinds that run once (by ctest), by name only: corpora, texts (these need --data), saved, minilm, peft, mpnet and gemma (need --models,
a folder of scripts/fetch_models.sh).

A folder that the reference cannot read is left out where it says nothing about ours. What we refuse and the reference
takes is a difference, unless the message names the key and differences/common.py says why (KNOWN). With --keep the folder
of a difference stays there. Exit code 1 when anything differs, 77 without transformers and peft.
"""
import argparse
import sys
import time
import warnings
from pathlib import Path

try:
    import peft  # noqa: F401
    import torch
    import transformers
except ImportError:
    print("skipped: needs transformers and peft (hint: scripts/setup.sh --dev)")
    sys.exit(77)

from differences import adapters, files, models, predictions, rows, settings, texts
from differences.common import ROOT, Session

RANDOM = {"settings": settings.case, "rows": rows.case, "models": models.case, "safetensors": files.case, "shards": files.shards_case,
          "adapters": adapters.case, "predictions": predictions.case, "ptb": predictions.ptb_case, "labels": predictions.labels_case}
ONCE = {"corpora": texts.corpora, "texts": texts.random_texts, "saved": models.saved, "minilm": models.minilm, "mpnet": models.mpnet, "gemma": models.gemma, "peft": adapters.fixed}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=20, help="of each kind")
    parser.add_argument("--minutes", type=float, help="in place of --cases")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--kinds", default=",".join(RANDOM))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--shown", type=int, default=3, help="differences of one case that are printed")
    parser.add_argument("--programs", type=Path, default=ROOT / "build/release/bin")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--minilm", type=Path)
    parser.add_argument("--models", type=Path, help="corpora, texts: the tokenizer.json of every folder in it too")
    parser.add_argument("--sample", type=int, default=1, help="corpora: one of so many lines")
    arguments = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    session = Session(arguments.programs.resolve(), arguments.data, arguments.minilm, arguments.seed, arguments.keep,
                      arguments.shown, arguments.models, arguments.sample)
    kinds = arguments.kinds.split(",")
    for kind in kinds:
        if kind in ONCE:
            for place, pairs in ONCE[kind](session, arguments.cases):
                session.judge(kind, place, pairs, None)
    begin, chosen = time.monotonic(), [kind for kind in kinds if kind in RANDOM]
    rounds = range(arguments.first, arguments.first + arguments.cases) if arguments.minutes is None else None
    number = arguments.first
    while chosen and (number in rounds if rounds else time.monotonic() - begin < 60 * arguments.minutes):
        for kind in chosen:
            session.random_cases(kind, RANDOM[kind], [number])
        number += 1
    session.close()
    for kind, counts in session.counts.items():
        print(f"{kind}: " + ", ".join(f"{number} {what}" for what, number in counts.items()))
    different = sum(counts["differ"] for counts in session.counts.values())
    print("all equal" if different == 0 else f"{different} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
