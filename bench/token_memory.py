#!/usr/bin/env python3
"""Peak memory and time of eida-probe against the number of tokens sampled at every place: memory has to stay flat where second
moments take the samples' place. Writes a Markdown table to stdout.

    bench/token_memory.py MODEL [TOKENS…]      MODEL: MiniLM's folder; TOKENS: 4096 32768 262144 1000000
Rows of made-up words (bench/large_file.py) are cut to 72 tokens, of which 64 are drawn. Environment: EIDA_BUILD (build/release).
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import peak

root = Path(__file__).resolve().parent.parent
out = root / "runs" / "token-memory"
out.mkdir(parents=True, exist_ok=True)
probe = root / os.environ.get("EIDA_BUILD", "build/release") / "bin" / "eida-probe"
rows = out / "rows.tsv"
subprocess.run([sys.executable, root / "bench" / "large_file.py", "2e7", rows, "30"], check=True, stdout=subprocess.DEVNULL)

print("| tokens a place | examples | peak MiB | seconds | sampling, s | subspaces, s |\n|---|---|---|---|---|---|")
for tokens in [int(text) for text in sys.argv[2:]] or [4096, 32768, 262144, 1000000]:
    examples = -(-tokens // 64)
    command = [probe, "--model", sys.argv[1], "--task", "sst2", "--train", rows, "--output", out / str(tokens), "--overwrite", "--no-progress",
               "--examples", examples, "--tokens", 64, "--heldout", 16, "--repeats", 1, "--set", "probe.figures=[]"]
    log = out / f"{tokens}.log"
    seconds, mib = peak.run(command, log)
    sampling, subspaces = re.search(r"sampling ([\d.]+) s, subspaces ([\d.]+) s", log.read_text()).groups()
    print(f"| {tokens:,} | {examples:,} | {mib:,.0f} | {seconds:,.0f} | {sampling} | {subspaces} |", flush=True)
