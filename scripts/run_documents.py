#!/usr/bin/env python3
"""Runs every command of the documents, in order, as a reader would.

    scripts/run_documents.py [--programs build/release/bin] [--update] README.md docs/tutorial.md

What stands in a ```sh block is run by one bash a document, from the root of the checkout, with the programs on its PATH. A block that names
$EIDA_DATA is left out, and said to be, where that is not set. Run folders that the blocks name by --output are emptied first.
With --update, the ```text block behind a ```sh block becomes what the commands printed. Exit status 1 at the first command that fails.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```sh\n(?P<commands>.*?)^```\n(?P<gap>\n```text\n(?P<output>.*?)^```\n)?", re.DOTALL | re.MULTILINE)
OUTPUT = re.compile(r"--output\s+(runs/[\w./-]+)")
MARK = "\x1e"  # record separator: between the outputs of two blocks


def script_of(blocks: list[str]) -> str:
    return "set -euo pipefail\n" + "".join(f"{block}\nprintf '{MARK}'\n" for block in blocks)


def run(document: Path, blocks: list[str], programs: Path) -> list[str]:
    """The outputs of the blocks, stdout and stderr as they came."""
    for folder in {name for block in blocks for name in OUTPUT.findall(block)}:
        shutil.rmtree(ROOT / folder, ignore_errors=True)
    environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}", NO_COLOR="1", PAGER="cat")
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        status = subprocess.run(["bash", "-c", script_of(blocks)], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=subprocess.STDOUT, check=False).returncode
        log.seek(0)
        outputs = log.read().replace(f"{ROOT}/", "").split(MARK)
    if status != 0:
        failed = len(outputs) - 1
        sys.exit(f"{document}: exit status {status} in block {failed + 1}:\n{blocks[failed]}\n{outputs[failed][-4000:]}")
    return outputs[:-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--programs", type=Path, default=ROOT / "build/release/bin")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    for document in options.documents:
        text = document.read_text(encoding="utf-8")
        matches = list(BLOCK.finditer(text))
        if not matches:
            sys.exit(f"{document}: no ```sh block")
        runnable = [m for m in matches if "$EIDA_DATA" not in m["commands"] or os.environ.get("EIDA_DATA")]
        outputs = run(document, [m["commands"] for m in runnable], options.programs.resolve())
        print(f"{document}: {len(runnable)} blocks run, {len(matches) - len(runnable)} need EIDA_DATA and were skipped")
        if options.update:
            for match, output in reversed(list(zip(runnable, outputs))):
                if match["gap"] is not None:
                    start, end = match.span("output")
                    text = text[:start] + re.sub(r"[ \t]+$", "", output.strip("\n"), flags=re.MULTILINE) + "\n" + text[end:]
            document.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
