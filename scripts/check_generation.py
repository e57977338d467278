#!/usr/bin/env python3
"""Trains a small GPT-2 for some seconds on made-up meaning representations, and compares generation with transformers.

    scripts/check_generation.py GENERATE_LINES MAKE_DEMO_DATA     # the two programs, as built

Fixed seed, float32, one thread. Every set of options runs over 48 prompts of several lengths: ours in one go,
transformers' one length at a time. Prompts whose search hung on a difference below 1e-4 are counted and left out.
Fails when an output differs, or when more than half is left out.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from make_golden_generation import Watched, choose, search

STEPS, BATCH, PROMPTS, CLOSE = 150, 24, 48, 1e-4
COMMON = dict(early_stopping=True, length_penalty=1.0, max_new_tokens=40)
OPTIONS = [dict(num_beams=1), dict(num_beams=4), dict(num_beams=10), dict(num_beams=10, early_stopping=False),
           dict(num_beams=4, no_repeat_ngram_size=3, length_penalty=2.0), dict(num_beams=10, min_length=30),
           dict(num_beams=4, max_new_tokens=8), dict(num_beams=1, no_repeat_ngram_size=2)]


def read_pairs(path, words):
    """Token ids of prompt and text; the vocabulary grows in `words`. 0 ends both."""
    pairs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        pairs.append([[words.setdefault(word, len(words)) for word in re.findall(r"\w+|[^\w\s]", part)] + [0]
                      for part in line.split("||")])
    return pairs


def train(model, pairs):
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(1)
    model.train()
    for _ in range(STEPS):
        rows = [pairs[k] for k in torch.randint(len(pairs), (BATCH,), generator=generator)]
        width = max(len(prompt) + len(text) for prompt, text in rows)
        fill = lambda parts, value: torch.tensor([part + [value] * (width - len(part)) for part in parts])
        ids = fill([prompt + text for prompt, text in rows], 0)
        labels = fill([[-100] * len(prompt) + text for prompt, text in rows], -100)
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    return loss.item()


def ask_transformers(model, prompts, options):
    """An answer a prompt: outputs and margin."""
    answers = {}
    for length in {len(prompt) for prompt in prompts}:
        chosen = [k for k, prompt in enumerate(prompts) if len(prompt) == length]
        ids = torch.tensor([prompts[k] for k in chosen])
        model.limit = length + options["max_new_tokens"]
        settings = dict(options, do_sample=False, pad_token_id=0, return_dict_in_generate=True,
                        attention_mask=torch.ones_like(ids))
        beams = options["num_beams"]
        found = search(model, ids, settings, beams) if beams > 1 else choose(model, ids, settings)
        answers.update(zip(chosen, found))
    return [answers[k] for k in range(len(prompts))]


def same(ours, theirs):
    return len(ours) == len(theirs) and all(
        a["tokens"] == b["tokens"] and a["finished"] == b["finished"] and abs(a["score"] - b["score"]) < CLOSE
        for a, b in zip(ours, theirs))


def compare(model, prompts, options, ours):
    """Numbers of prompts compared, left out, left out though equal, different."""
    counts = [0, 0, 0, 0]
    for k, (mine, answer) in enumerate(zip(ours, ask_transformers(model, prompts, options))):
        equal = same(mine, answer["outputs"])
        if answer["margin"] < CLOSE:
            counts[1] += 1
            counts[2] += equal
            continue
        counts[0] += 1
        if not equal:
            counts[3] += 1
            print(f"{options}, prompt {k}: margin {answer['margin']:.1e}\n  ours   {mine[0]}\n  theirs {answer['outputs'][0]}")
    return counts


def main():
    program, make_demo_data = sys.argv[1:]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    transformers.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        subprocess.run([make_demo_data, "--output", work], check=True, stdout=subprocess.DEVNULL)
        words = {"<end>": 0}
        pairs, dev = read_pairs(work / "pairs-train.txt", words), read_pairs(work / "pairs-dev.txt", words)
        config = transformers.GPT2Config(vocab_size=len(words), n_embd=64, n_layer=2, n_head=4, n_positions=160,
                                         bos_token_id=0, eos_token_id=0, attn_implementation="eager")
        model = Watched(config)
        loss = train(model, pairs)
        model.save_pretrained(work / "model")
        prompts = sorted({tuple(prompt) for prompt, _ in dev})[:PROMPTS]
        print(f"{len(words)} words, loss {loss:.3f} after {STEPS} steps, {len(prompts)} prompts")
        requests = [{"options": {**COMMON, **options}, "prompts": prompts} for options in OPTIONS]
        lines = subprocess.run([program, work / "model"], input="\n".join(map(json.dumps, requests)), check=True,
                               capture_output=True, text=True).stdout.splitlines()
        totals = [compare(model, prompts, request["options"], json.loads(line))
                  for request, line in zip(requests, lines, strict=True)]
    compared, close, equal, different = (sum(column) for column in zip(*totals))
    print(f"{compared} compared, {close} left out (a margin below {CLOSE}; {equal} of them equal all the same), {different} differ")
    return 1 if different or close > compared else 0


if __name__ == "__main__":
    sys.exit(main())
