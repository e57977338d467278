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
import time
from pathlib import Path

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
               "--examples", examples, "--tokens", 64, "--heldout", 16, "--repeats", 1, "--precision", "fp32", "--set", "probe.figures=[]"]
    log = out / f"{tokens}.log"
    start = time.monotonic()
    with open(log, "w") as file:
        process = subprocess.Popen([str(part) for part in command], stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"token_memory: exit status {status}: {log.read_text()[-2000:]}")
    sampling, subspaces = re.search(r"sampling ([\d.]+) s, subspaces ([\d.]+) s", log.read_text()).groups()
    print(f"| {tokens:,} | {examples:,} | {usage.ru_maxrss / 1024:,.0f} | {time.monotonic() - start:,.0f} | {sampling} | {subspaces} |", flush=True)
