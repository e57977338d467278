#!/usr/bin/env python3
"""Loads what `eida-train export --to peft` writes with peft, on the original base model, and compares its logits with
those of the merged model that the run saved.

    .venv/bin/python scripts/check_peft.py [RUN …] [--program build/release/bin/eida-train] [--examples 64] [--config peft_config.json MODEL]

Prints the largest difference for each run folder and fails above 1e-4 x max(1, largest logit), float32, and on an
adapter_config.json that is not as docs/formats.md has it. Holds peft_config.json of eida-probe, where one is named, against
peft.LoraConfig.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import peft
import torch
import transformers
import yaml

BOUND = 1e-4
HEAD = {"roberta": "classifier.out_proj", "camembert": "classifier.out_proj", "xlm-roberta": "classifier.out_proj",
        "mpnet": "classifier.out_proj", "bert": "classifier", "distilbert": "classifier", "modernbert": "classifier"}


def load_model(folder, num_labels):
    """A causal language model where num_labels is None."""
    if num_labels is None:
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")
    else:
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=num_labels,
                                                                                attn_implementation="eager")
    return model.float().eval()


def read_texts(data, count):
    """The texts of the first rows of the run's dev (or training) file; what they mean does not matter here."""
    path = Path(data.get("dev") or data["train"])
    with open(path, encoding="utf-8", newline="\n") as file:
        rows = [line.rstrip("\n") for _, line in zip(range(count + 1), file)]
    if rows[0].startswith("{"):
        return [" ".join(value for value in json.loads(row).values() if isinstance(value, str)) for row in rows[:count]]
    if "||" in rows[0]:
        return [row.replace("||", "<|endoftext|> ") + "<|endoftext|>" for row in rows[:count]]
    return [max(row.split("\t"), key=len) for row in rows[1:]]


def export(program, run, target):
    command = [program, "export", "--run", run, "--to", "peft", "--output", target]
    subprocess.run([str(part) for part in command], check=True)


def check_adapter_config(target, model_type):
    """Faults of adapter_config.json, as a list of sentences."""
    config = json.loads((target / "adapter_config.json").read_text(encoding="utf-8"))
    faults = []
    if config.get("task_type") is not None:
        faults.append(f"task_type is {config['task_type']}, not null: peft refuses targets under classifier with SEQ_CLS")
    ranks, alphas = config.get("rank_pattern") or {}, config.get("alpha_pattern") or {}
    if ranks != alphas or config["r"] != config["lora_alpha"]:
        faults.append("rank_pattern and alpha_pattern differ: the scaling is not 1")
    targets = config["target_modules"] or []
    targets = [targets] if isinstance(targets, str) else targets
    if any(":" in name for name in [*targets, *ranks]):
        faults.append("a slice of c_attn is a target of its own")
    if model_type == "gpt2" and not config.get("fan_in_fan_out"):
        faults.append("fan_in_fan_out is not set for Conv1D")
    saved = config.get("modules_to_save") or []
    if model_type in HEAD and HEAD[model_type] not in saved:
        faults.append(f"modules_to_save lacks {HEAD[model_type]}")
    return faults


@torch.no_grad()
def largest_difference(ours, theirs, tokenizer, texts):
    """(largest |difference|, largest |logit|) over the texts, one at a time: no padding."""
    difference = largest = 0.0
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=128, return_tensors="pt")
        inputs = {name: ids[name] for name in ("input_ids", "attention_mask")}
        a, b = ours(**inputs).logits, theirs(**inputs).logits
        difference, largest = max(difference, (a - b).abs().max().item()), max(largest, b.abs().max().item())
    return difference, largest


def check_run(program, run, examples):
    config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    merged_config = json.loads((run / "model" / "config.json").read_text(encoding="utf-8"))
    if config["model"]["init"] == "random":
        sys.exit(f"check_peft: {run}: the base model was random (model.init), there is no file of it to load")
    decoder = config["data"]["task"] in ("e2e", "prompt")
    # transformers' own default of two labels leaves no trace in config.json
    num_labels = None if decoder else len(merged_config.get("id2label") or (0, 1))
    with tempfile.TemporaryDirectory() as work:
        target = Path(work) / "peft"
        export(program, run, target)
        faults = check_adapter_config(target, merged_config["model_type"])
        base = load_model(config["model"]["path"], num_labels)
        adapted = peft.PeftModel.from_pretrained(base, target).eval()
    merged = load_model(run / "model", num_labels)
    tokenizer = transformers.AutoTokenizer.from_pretrained(run / "model")
    difference, largest = largest_difference(merged, adapted, tokenizer, read_texts(config["data"], examples))
    print(f"{run}: {examples} texts, largest difference {difference:.2e}, largest logit {largest:.2f}")
    if difference > BOUND * max(1.0, largest):
        faults.append(f"the difference is above {BOUND:g} x max(1, largest logit)")
    for fault in faults:
        print(f"{run}: {fault}", file=sys.stderr)
    return not faults


def check_config(file, folder):
    """Every rank of the plan is the rank of the LoRA that peft makes of it, with scaling 1."""
    config = json.loads(Path(file).read_text(encoding="utf-8"))
    kind = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))["model_type"]
    model = peft.get_peft_model(load_model(folder, 2 if kind in HEAD else None), peft.LoraConfig(**config))
    layers = {name.removeprefix("base_model.model."): module for name, module in model.named_modules()
              if isinstance(module, peft.tuners.lora.LoraLayer)}
    good = set(layers) == set(config["rank_pattern"])
    for name, rank in config["rank_pattern"].items():
        good = good and layers[name].r["default"] == rank and layers[name].scaling["default"] == 1.0
    print(f"{file}: {len(layers)} modules, {'as the plan says' if good else 'NOT as the plan says'}")
    return good


def main():
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="*", metavar="RUN")
    parser.add_argument("--program", type=Path, default=root / "build/release/bin/eida-train")
    parser.add_argument("--examples", type=int, default=64)
    parser.add_argument("--config", nargs=2, metavar=("FILE", "MODEL"))
    args = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    results = [check_run(args.program, run, args.examples) for run in args.runs]
    if args.config:
        results.append(check_config(*args.config))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
