#!/usr/bin/env python3
"""Makes tests/golden/peft/: LoRA folders of peft for the tiny models of scripts/make_golden.py, one for each case of
scripts/differences/adapters.py, with the logits that peft's merged model gives for the model's own golden batch.

    .venv/bin/python scripts/make_golden_peft.py [folder]      # default: tests/golden; run make_golden.py first

One folder a case: adapter_config.json (base_model_name_or_path names the model's folder), adapter_model.safetensors,
expected.safetensors (logits). Seeds are fixed: running it again with the same versions gives the same files.
"""
import shutil
import sys
import warnings
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

from differences.adapters import CASES, ROOT, make_folder


@torch.no_grad()
def main():
    golden = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/golden"
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    shutil.rmtree(golden / "peft", ignore_errors=True)
    for name, case in CASES.items():
        torch.manual_seed(0)
        folder = golden / "peft" / name
        model = make_folder(case, folder)
        batch = load_file(golden / case.base / "expected.safetensors")
        inputs = {key: batch[key] for key in ("input_ids", "attention_mask", "token_type_ids") if key in batch}
        save_file({"logits": model(**inputs).logits}, folder / "expected.safetensors")
        (folder / "README.md").unlink(missing_ok=True)
    print(f"{len(CASES)} folders in {golden / 'peft'}")


if __name__ == "__main__":
    main()
