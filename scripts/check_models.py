#!/usr/bin/env python3
"""Compares whole models with transformers through the program eida_dump_logits (built with the tests).

    scripts/check_models.py PROGRAM saved             # saves every model of tests/golden/ and opens it in transformers
    scripts/check_models.py PROGRAM minilm DIR TSV    # all-MiniLM-L6-v2 at full size on 200 sentences of SST-2's TSV

Prints the largest difference of the logits as a share of the largest logit, and fails above 2e-5 (float32).
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

BOUND = 2e-5
GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden"


def open_in_transformers(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    decoder = config.model_type == "gpt2"
    auto = transformers.AutoModelForCausalLM if decoder else transformers.AutoModelForSequenceClassification
    return auto.from_pretrained(folder, attn_implementation="eager").eval(), decoder


def run_ours(program, model, sequences, types, work, save_to=None):
    """Logits of our program; sequences are lists of ids."""
    offsets = torch.tensor([0] + [len(sequence) for sequence in sequences]).cumsum(0)
    flat = lambda rows: torch.tensor([value for row in rows for value in row], dtype=torch.int64)
    save_file({"ids": flat(sequences), "type_ids": flat(types), "offsets": offsets}, work / "ids.safetensors")
    command = [program, model, work / "ids.safetensors", work / "logits.safetensors"] + ([save_to] if save_to else [])
    subprocess.run([str(part) for part in command], check=True)
    return load_file(work / "logits.safetensors")["logits"]


@torch.no_grad()
def run_theirs(model, decoder, sequences, types):
    rows = []
    for ids, kinds in zip(sequences, types):
        inputs = {"input_ids": torch.tensor([ids])}
        if not decoder and model.config.type_vocab_size > 1:
            inputs["token_type_ids"] = torch.tensor([kinds])
        rows.append(model(**inputs).logits.reshape(-1, model(**inputs).logits.shape[-1]))
    return torch.cat(rows)


def report(name, ours, theirs):
    difference = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    print(f"{name}: {tuple(ours.shape)} logits, largest difference {difference:.2e} of the largest logit")
    return difference <= BOUND


def check_saved(program, work):
    """Every golden model through our save_pretrained(), then from_pretrained()."""
    fine = True
    for folder in sorted(path.parent for path in GOLDEN.glob("*/expected.safetensors")):
        expected = load_file(folder / "expected.safetensors")
        lengths = expected["attention_mask"].sum(1).tolist()
        sequences = [row[:n].tolist() for row, n in zip(expected["input_ids"], lengths)]
        kinds = expected.get("token_type_ids", torch.zeros_like(expected["input_ids"]))
        types = [row[:n].tolist() for row, n in zip(kinds, lengths)]
        saved = work / folder.name
        ours = run_ours(program, folder, sequences, types, work, saved)
        model, decoder = open_in_transformers(saved)
        fine &= report(folder.name, ours, run_theirs(model, decoder, sequences, types))
    return fine


def check_minilm(program, work, folder, tsv):
    """The base model gets a head of transformers first, so that both sides have the same one."""
    torch.manual_seed(0)
    model, _ = open_in_transformers(folder)
    whole = work / "minilm"
    model.save_pretrained(whole)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    lines = Path(tsv).read_text(encoding="utf-8").splitlines()[1:201]
    sequences = [tokenizer(line.split("\t")[0])["input_ids"] for line in lines]
    types = [[0] * len(sequence) for sequence in sequences]
    return report("MiniLM", run_ours(program, whole, sequences, types, work), run_theirs(model, False, sequences, types))


def main():
    program, what, *rest = sys.argv[1:]
    with tempfile.TemporaryDirectory() as work:
        fine = check_saved(program, Path(work)) if what == "saved" else check_minilm(program, Path(work), *rest)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
