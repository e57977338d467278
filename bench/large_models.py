#!/usr/bin/env python3
"""Peak memory of probe, one training step and evaluation on models of RoBERTa-large's and GPT-2 XL's shapes, in bfloat16 weights,
beside what --dry-run said before; a Markdown table. The weights are random: only the cost matters.

    bench/large_models.py DATA [MODEL…]     DATA: folder with sst2/, e2e-lora/, roberta-base/, gpt2/ (tokenizer files)
Environment: EIDA_BUILD (build/release). Logs and run folders: runs/large-models.
"""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import peak

root = Path(__file__).resolve().parent.parent
data = Path(sys.argv[1]).resolve()
out = root / "runs" / "large-models"
programs = root / os.environ.get("EIDA_BUILD", "build/release") / "bin"

SHAPES = {
    "roberta-large": {
        "tokenizer": "roberta-base",
        "config": {"model_type": "roberta", "architectures": ["RobertaForSequenceClassification"], "hidden_size": 1024, "num_hidden_layers": 24,
                   "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1,
                   "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-5, "initializer_range": 0.02},
        "task": ["--task", "sst2"], "train": data / "sst2/train.tsv", "test": data / "sst2/dev.tsv", "examples": 256, "rows": 201,
    },
    "gpt2-xl": {
        "tokenizer": "gpt2",
        "config": {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1600, "n_layer": 48, "n_head": 25, "n_positions": 1024,
                   "vocab_size": 50257, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "initializer_range": 0.02, "bos_token_id": 50256,
                   "eos_token_id": 50256},
        "task": ["--task", "e2e"], "train": data / "e2e-lora/train.txt", "test": data / "e2e-lora/test.txt", "examples": 32, "rows": 40,
    },
}


def make_model(name, shape):
    folder = out / name
    shutil.copytree(data / shape["tokenizer"], folder, dirs_exist_ok=True)
    (folder / "config.json").write_text(json.dumps(shape["config"], indent=1))
    test = out / f"{name}-test{shape['test'].suffix}"
    test.write_text("".join(shape["test"].read_text().splitlines(keepends=True)[:shape["rows"]]))
    return folder, test


out.mkdir(parents=True, exist_ok=True)
long_rows = out / "long.tsv"
subprocess.run([sys.executable, root / "bench" / "large_file.py", "2e6", long_rows, "30"], check=True, stdout=subprocess.DEVNULL)

print("| model, bf16 weights (random) | job | --dry-run said, MiB | peak, MiB | measured / said | seconds |\n|---|---|---|---|---|---|")
for name, shape in SHAPES.items():
    if len(sys.argv) > 2 and name not in sys.argv[2:]:
        continue
    model, test = make_model(name, shape)
    common = ["--model", model, *shape["task"], "--weights", "bf16", "--set", "model.init=random", "--precision", "bf16", "--no-progress", "--overwrite"]
    few = ["--examples", shape["examples"]]
    step = ["--rounds", 1, "--set", "train.max_steps=1", "--set", "ranks.rule=fixed", "--set", "ranks.fixed=64"]
    sketched = ["--train", long_rows, "--examples", 170, "--tokens", 64, "--heldout", 16, "--repeats", 1]  # at places of 4,096 dimensions
    jobs = [
        (f"probe, {shape['examples']} + {shape['examples']} examples", "eida-probe", ["--train", shape["train"], *few, "--heldout", shape["examples"], "--repeats", 1]),
        ("round of one training step", "eida-train", ["--train", shape["train"], *few, *step]),
        (f"evaluation of {shape['rows'] - 1} sentences" if name.startswith("roberta") else f"{shape['rows']} E2E rows, 10 beams", "eida-eval", ["--data", test]),
        *([("probe, 170 sentences of 64 tokens", "eida-probe", sketched)] if name == "roberta-large" else []),
    ]
    for number, (job, program, more) in enumerate(jobs, 1):
        run = out / f"{name}-{number}-{program}"
        command = [programs / program, *common, "--output", run, *more]
        log = run.with_suffix(".log")
        peak.run([*command, "--dry-run"], log)
        said = float(re.search(r"memory, about\s+(\d+) MiB", log.read_text()).group(1))
        seconds, mib = peak.run(command, log)
        print(f"| {name} | {job} | {said:,.0f} | {mib:,.0f} | {mib / said:.2f} | {seconds:,.0f} |", flush=True)
