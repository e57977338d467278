"""Runs a program and tells its seconds and its peak memory in MiB."""
import os
import subprocess
import sys
import time
from pathlib import Path


def run(command, log):
    """What the program prints goes into the file `log`; a program that fails ends all."""
    command = [str(part) for part in command]
    start = time.monotonic()
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"exit status {status}: {' '.join(command)}\n{Path(log).read_text('utf-8')[-2000:]}")
    return time.monotonic() - start, usage.ru_maxrss / 1024
