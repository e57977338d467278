#!/usr/bin/env python3
"""Our tokenizers beside the `tokenizers` library's, in turns: medians, ratios and their spread as a Markdown table.

    python bench/tokenize_race.py --bench build/release/bin/eida_tokenize_bench --data DIR [--minilm DIR]
        [--threads 1,2] [--rounds 3] [--repeats 3] [--only roberta-sst2,gpt2-e2e,minilm-sst2,camembert-sst2,xlmr-e2e,qwen-sst2,qwen-e2e,gemma-sst2,gemma-e2e]
        [--models DIR]

Each repeat starts with a tokenizer that remembers no word. Both sides encode the same lines with special tokens and
without truncation or padding; the counts of tokens must agree. Each race's numbers go to stderr as a JSON line.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from race_table import ratio_cells

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

NAMES = {"roberta": "RoBERTa byte-level BPE", "gpt2": "GPT-2 byte-level BPE", "minilm": "MiniLM WordPiece",
         "camembert": "CamemBERT Unigram", "xlmr": "XLM-R layout of a Unigram model", "qwen": "Qwen's pattern over GPT-2's vocabulary",
         "gemma": "Gemma's kind of BPE", "sst2": "SST-2", "e2e": "E2E"}


def worker(model, lines, repeats):
    """The library's side, in a process of its own: RAYON_NUM_THREADS counts only at the start."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(model)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    text = tokenizer.to_str()
    with open(lines, encoding="utf-8", newline="\n") as file:
        rows = file.read().split("\n")[:-1]
    seconds = []
    for _ in range(repeats):
        fresh = Tokenizer.from_str(text)
        begin = time.perf_counter()
        encoded = fresh.encode_batch(rows)
        seconds.append(time.perf_counter() - begin)
    print(json.dumps({"seconds": statistics.median(seconds), "best": min(seconds), "tokens": sum(len(e.ids) for e in encoded)}))


def run(command, threads):
    environment = dict(os.environ, RAYON_NUM_THREADS=str(threads), TOKENIZERS_PARALLELISM="true" if threads > 1 else "false")
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment).stdout)


def race(args, name, model, lines, threads):
    ours, theirs = [], []
    for _ in range(args.rounds):
        ours.append(run([args.bench, "--model", model, "--lines", lines, "--threads", str(threads), "--repeats",
                         str(args.repeats)], threads))
        theirs.append(run([sys.executable, __file__, "--worker", model, lines, "--repeats", str(args.repeats)], threads))
    assert ours[0]["tokens"] == theirs[0]["tokens"], f"{name}: {ours[0]['tokens']} and {theirs[0]['tokens']} tokens"
    print(json.dumps({"race": name, "threads": threads, "ours": ours, "library": theirs}), file=sys.stderr, flush=True)
    a, b = [row["seconds"] for row in ours], [row["seconds"] for row in theirs]
    rate = lambda seconds: f"{round(ours[0]['lines'] / statistics.median(seconds), -2):,.0f}"
    model, text = name.split("-")
    print(f"| {NAMES[model]}, {NAMES[text]} | {threads} | {rate(a)} | {rate(b)} | {ratio_cells(a, b)} |", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bench")
    p.add_argument("--data", type=Path)
    p.add_argument("--minilm", type=Path)
    p.add_argument("--threads", default="1", help="numbers, with commas")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--only", default="roberta-sst2,gpt2-e2e,minilm-sst2,camembert-sst2,xlmr-e2e,qwen-sst2,qwen-e2e,gemma-sst2,gemma-e2e")
    p.add_argument("--models", type=Path, help="its gemma-3-270m/tokenizer.json in place of one trained on E2E")
    p.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.worker:
        return worker(*args.worker, args.repeats)
    from differences.texts import QWEN2, normalizers, over_gpt2, trained_on_e2e, xlm_roberta_like

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        sst2 = [line.split("\t")[0] for line in (args.data / "sst2/train.tsv").read_text("utf-8").split("\n")[1:] if line]
        e2e = [line for line in (args.data / "e2e-lora/train.txt").read_text("utf-8").split("\n") if line]
        files = {"sst2": folder / "sst2.txt", "e2e": folder / "e2e.txt", "xlmr": folder / "xlmr.json"}
        files["sst2"].write_text("".join(line + "\n" for line in sst2), "utf-8")
        files["e2e"].write_text("".join(line + "\n" for line in e2e), "utf-8")
        models = {"roberta": args.data / "roberta-base/tokenizer.json", "gpt2": args.data / "gpt2/tokenizer.json",
                  "camembert": args.data / "camembert-base/tokenizer.json", "xlmr": files["xlmr"]}
        xlm_roberta_like(args.data / "sentencepiece/hf_test_sentencepiece.model").save(str(files["xlmr"]))
        models |= {"qwen": folder / "qwen.json", "gemma": folder / "gemma.json"}
        over_gpt2(args.data, QWEN2, normalizers.NFC()).save(str(models["qwen"]))
        real = sorted(args.models.glob("gemma-3-*/tokenizer.json")) if args.models else []
        if real:
            models["gemma"] = real[0]
        else:
            trained_on_e2e(args.data, "gemma").save(str(models["gemma"]))
        if args.minilm:
            models["minilm"] = args.minilm / "tokenizer.json"
        print("| tokenizer, text | threads | ours, lines/s | library, lines/s | ratio | spread |\n|---|---|---|---|---|---|")
        for threads in args.threads.split(","):
            for name in args.only.split(","):
                model, lines = name.split("-")
                if model in models:
                    race(args, name, str(models[model]), str(files[lines]), int(threads))


if __name__ == "__main__":
    sys.exit(main())
