#!/usr/bin/env python3
"""Writes plain English without meaning representations, to pretrain a small language model on with --task prompt.

    scripts/make_english_text.py --data DIR --output FILE [--wordnet DIR] [--dev-output FILE --dev 1000] [--seed 0]

DIR holds e2e-lora/train.txt (MR||reference; only the references are taken) and sst2/train.tsv. To them come the glosses
of WordNet (data.noun, data.verb, data.adj, data.adv; Debian's package wordnet-base). Each text once, in random order, as
JSON lines {"prompt": "", "completion": TEXT}.
"""
import argparse
import json
import random
import re
import sys
from pathlib import Path

WORDNET_HINT = """hint: apt-get install wordnet-base
or, without installing: apt-get download wordnet-base && dpkg -x wordnet-base_*.deb FOLDER
                        --wordnet FOLDER/usr/share/wordnet"""


def read_lines(path):
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        hint = "\n" + WORDNET_HINT if path.name.startswith("data.") else ""
        sys.exit(f"make_english_text: {path}: {error}{hint}")


def e2e_references(data):
    """The test and dev references stay unseen."""
    return [line.split("||")[1] for line in read_lines(data / "e2e-lora" / "train.txt") if "||" in line]


def sst2_sentences(data):
    return [line.split("\t")[0] for line in read_lines(data / "sst2" / "train.tsv")[1:] if "\t" in line]


def wordnet_glosses(wordnet):
    """The definition of each synset, and each of its quoted examples, as texts of their own."""
    texts = []
    for part in ("noun", "verb", "adj", "adv"):
        for line in read_lines(wordnet / f"data.{part}"):
            if line.startswith(" ") or " | " not in line:  # the licence at the top, the end of the file
                continue
            gloss = line.split(" | ", 1)[1]
            texts += re.findall(r'"([^"]+)"', gloss)
            texts.append(re.sub(r'"[^"]*"', "", gloss))
    return [text.strip(" ;") for text in texts]


def unique(texts):
    return [text for text in dict.fromkeys(" ".join(text.split()) for text in texts) if text]


def write_rows(path, texts):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for text in texts:
            out.write(json.dumps({"prompt": "", "completion": text}, ensure_ascii=False) + "\n")
    print(f"{path}: {len(texts)} texts, {sum(len(text.split()) for text in texts)} words")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--dev-output", type=Path, help="another file, of --dev texts that the first has not")
    parser.add_argument("--dev", type=int, default=1000)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    texts = unique(e2e_references(args.data) + sst2_sentences(args.data) + wordnet_glosses(args.wordnet))
    random.Random(args.seed).shuffle(texts)
    held_out = args.dev if args.dev_output else 0
    if not 0 <= held_out < len(texts):
        sys.exit(f"make_english_text: --dev {args.dev}: there are {len(texts)} texts")
    if args.dev_output:
        write_rows(args.dev_output, texts[:held_out])
    write_rows(args.output, texts[held_out:])


if __name__ == "__main__":
    main()
