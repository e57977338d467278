#!/usr/bin/env python3
"""Makes LoRA adapters with peft on tiny models, merges them with `eida-train merge`, and compares the merged model's
logits with peft's. Holds peft_config.json of eida-probe, where one is named, against peft.LoraConfig.

    .venv/bin/python scripts/check_peft_import.py [--program build/release/bin/eida-train] [--config peft_config.json MODEL]
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

ROOT = Path(__file__).resolve().parent.parent
BOUND = 1e-5  # x max(1, largest logit), float32: the same sum in another order
CASES = {
    "roberta": {"target_modules": ["query", "value", "classifier.dense"], "modules_to_save": ["classifier.out_proj"],
                "rank_pattern": {"query": 3}, "alpha_pattern": {"layer.1.attention.self.value": 7}},
    "bert": {"target_modules": ["query", "key", "output.dense"], "use_rslora": True, "modules_to_save": ["classifier"]},
    "gpt2": {"target_modules": ["c_attn", "c_proj", "c_fc"], "fan_in_fan_out": True, "alpha_pattern": {"c_fc": 3}},
}


def load(folder):
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    auto = transformers.AutoModelForCausalLM if kind == "gpt2" else transformers.AutoModelForSequenceClassification
    return auto.from_pretrained(folder, attn_implementation="eager").float().eval()


@torch.no_grad()
def make_adapter(base, options, folder):
    """A LoRA with random factors and a changed head, saved by peft; returns peft's model."""
    model = peft.get_peft_model(load(base), peft.LoraConfig(r=2, lora_alpha=5, **options)).eval()
    for name, parameter in model.named_parameters():
        if "lora_" in name or "modules_to_save" in name:
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    model.save_pretrained(folder)
    return model


@torch.no_grad()
def check_case(program, name):
    base = ROOT / "tests/golden" / name
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as work:
        adapter, merged = Path(work) / "adapter", Path(work) / "merged"
        theirs = make_adapter(base, CASES[name], adapter)
        subprocess.run([program, "merge", "--model", base, "--adapter", adapter, "--output", merged, "--quiet"], check=True)
        ours = load(merged)
    ids = torch.randint(3, ours.config.vocab_size - 1, (8, 12))
    wanted = theirs(input_ids=ids).logits
    difference = (ours(input_ids=ids).logits - wanted).abs().max().item()
    largest = max(1.0, wanted.abs().max().item())
    print(f"{name}: largest difference {difference:.2e}, largest logit {largest:.2f}")
    return difference <= BOUND * largest


def check_config(file, folder):
    """Every rank of the plan is the rank of the LoRA that peft makes of it, with scaling 1."""
    config = json.loads(Path(file).read_text(encoding="utf-8"))
    model = peft.get_peft_model(load(Path(folder)), peft.LoraConfig(**config))
    layers = {name.removeprefix("base_model.model."): module for name, module in model.named_modules()
              if isinstance(module, peft.tuners.lora.LoraLayer)}
    good = set(layers) == set(config["rank_pattern"])
    for name, rank in config["rank_pattern"].items():
        good = good and layers[name].r["default"] == rank and layers[name].scaling["default"] == 1.0
    print(f"{file}: {len(layers)} modules, {'as the plan says' if good else 'NOT as the plan says'}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build/release/bin/eida-train")
    parser.add_argument("--config", nargs=2, metavar=("FILE", "MODEL"))
    arguments = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    results = [check_case(arguments.program.resolve(), name) for name in CASES]
    if arguments.config:
        results.append(check_config(*arguments.config))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
