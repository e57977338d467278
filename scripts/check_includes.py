#!/usr/bin/env python3
"""Checks the one-way dependencies between the folders of include/eida/ and src/ over their #include lines.

A folder may include itself, what the table gives it, and what those may include. Nothing above `tensor`
includes LibTorch, and nothing at all includes its umbrella headers (they cost 10 s and 1 GB a file).
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# folder: what it may include. In the order the data flows: a folder names only earlier ones.
MAY_INCLUDE = {
    "core": [],
    "text": ["core"],
    "data": ["core", "text"],
    "config": ["core", "data"],
    "metrics": ["core"],
    "report": ["core"],
    # from here on with LibTorch
    "tensor": ["core"],
    "parallel": ["tensor"],
    "model": ["tensor", "data"],
    "sampling": ["model", "data", "parallel"],
    "subspace": ["sampling"],
    "adapter": ["model", "subspace"],
    "training": ["adapter", "sampling", "subspace", "data", "parallel"],
    "generation": ["model", "data", "parallel"],
    "measure": ["sampling", "subspace", "parallel"],
    "evaluation": ["generation", "metrics"],
    "run": ["config", "measure", "evaluation", "training"],
    "programs": ["run", "report"],
}
# What a folder does not include although it might: measuring knows places and numbers alone.
NEVER = {"measure": re.compile(r"nlohmann/|eida/core/(files|json|manifest|run_folder)\.h")}
TORCH_FREE = {"core", "config", "text", "data", "metrics", "report"}
TORCH = re.compile(r"(torch|ATen|c10|caffe2)/")
UMBRELLA = {"torch/torch.h", "torch/all.h", "torch/nn.h", "ATen/ATen.h"}
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def reachable():
    """Folder → every folder it may include, itself among them."""
    closed = {}
    for folder, direct in MAY_INCLUDE.items():
        closed[folder] = {folder}.union(*(closed[name] for name in direct))
    return closed


def included_folder(path, quoted, name):
    """The folder of eida that an include names, or None for a library's header."""
    if name.startswith("eida/"):
        return name.split("/")[1]
    if quoted:
        beside = (path.parent / name).resolve()
        if beside.exists():
            return folder_of(beside)
        return name.split("/")[0] if "/" in name else None
    return None


def folder_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "src" else parts[2]


def faults(path, allowed):
    """Yields (line number, what is wrong) of one file."""
    folder = folder_of(path)
    if folder not in allowed:
        yield 1, f"folder '{folder}' is not in the table of {Path(__file__).name}"
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        name = match[2]
        target = included_folder(path, match[1] == '"', name)
        if target in MAY_INCLUDE and target not in allowed[folder]:
            yield number, f"{folder}/ may not include {target}/ ({name})"
        if folder in NEVER and NEVER[folder].match(name):
            yield number, f"{folder}/ is free of configuration, files and JSON ({name})"
        if folder in TORCH_FREE and TORCH.match(name):
            yield number, f"{folder}/ is free of LibTorch ({name})"
        if name in UMBRELLA:
            yield number, f"{name} is an umbrella header: include the ones that are needed"


def main():
    allowed = reachable()
    files = sorted(
        path
        for top in ("include/eida", "src")
        for path in (ROOT / top).glob("*/**/*")
        if path.suffix in {".h", ".cpp"}
    )
    count = 0
    for path in files:
        for number, what in faults(path, allowed):
            print(f"{path.relative_to(ROOT)}:{number}: {what}")
            count += 1
    print(f"include direction: {len(files)} files, {count} faults")
    return 1 if count or not files else 0


if __name__ == "__main__":
    sys.exit(main())
