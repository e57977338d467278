#!/usr/bin/env python3
"""Exports a run of eida-train as GGUF and to peft, and compares the two with the package `gguf`, llama.cpp's own reader.

    python scripts/check_gguf.py --run RUN [--programs build/release/bin]

Exit code 77 without the packages gguf and safetensors, 1 when a tensor differs.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    from gguf import GGUFReader
    from safetensors.numpy import load_file
except ImportError:
    print("skipped: needs the Python packages gguf and safetensors (hint: pip install gguf safetensors)")
    sys.exit(77)

PARTS = {"attn_qkv": "attn.c_attn", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
         "ffn_gate": "mlp.gate_proj"}
OTHERS = {"transformer.h": {"attn_output": "attn.c_proj", "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"},
          "model.layers": {"attn_output": "self_attn.o_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True)
    parser.add_argument("--programs", type=Path, default=Path("build/release/bin"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for form in ("gguf", "peft"):
            subprocess.run([arguments.programs / "eida-train", "export", "--run", arguments.run, "--to", form, "--output", f"{folder}/{form}"],
                           check=True, stdout=subprocess.DEVNULL)
        reader, peft = GGUFReader(f"{folder}/gguf/adapter.gguf"), load_file(f"{folder}/peft/adapter_model.safetensors")
        text = lambda key: reader.fields[key].contents()
        assert (text("general.type"), text("adapter.type")) == ("adapter", "lora")
        blocks = "transformer.h" if text("general.architecture") == "gpt2" else "model.layers"
        different = 0
        for tensor in reader.tensors:
            number, part, side = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight\.lora_([ab])", tensor.name).groups()
            module = {**PARTS, **OTHERS[blocks]}[part]
            wanted = peft[f"base_model.model.{blocks}.{number}.{module}.lora_{side.upper()}.weight"]
            turned = text("general.architecture") == "llama" and part in ("attn_q", "attn_k") and side == "b"
            same = tensor.data.shape == wanted.shape and (turned or (tensor.data == wanted).all())
            different += not same
        alpha = reader.fields["adapter.lora.alpha"].contents()
        print(f"{len(reader.tensors)} tensors of {text('general.architecture')}, alpha {alpha}: {different} differ")
        return 1 if different or len(reader.tensors) != len(peft) else 0


if __name__ == "__main__":
    sys.exit(main())
