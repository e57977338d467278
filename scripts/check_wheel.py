#!/usr/bin/env python3
"""Builds the wheel and tries it as a user would: what it holds, in an environment that has nothing but torch.

    scripts/check_wheel.py [--build-dir DIR] [--keep DIR]

--build-dir takes up an earlier build (build/release) in place of one of its own. The environment gets torch as links to
the folders of EIDA_VENV (.venv), so that nothing is downloaded.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = pathlib.Path(os.environ.get("EIDA_VENV") or ROOT / ".venv")
PROGRAMS = ("eida-probe", "eida-train", "eida-eval")
LARGEST_MB = 15
# What every Linux with the glibc of the tag has, and what torch and MPI bring.
FROM_OUTSIDE = re.compile(r"(lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s|z)|ld-linux-x86-64|lib(torch|torch_cpu|c10|gomp|mpi))\.so[.0-9]*")


def run(*command, **options):
    """Output of a command that must succeed."""
    result = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, **options)
    if result.returncode != 0:
        sys.exit(f"check_wheel: {' '.join(map(str, command))} ended with {result.returncode}\n{result.stdout[-4000:]}")
    return result.stdout


def require(holds, text):
    if not holds:
        sys.exit(f"check_wheel: {text}")


def build(work, build_dir):
    """pip wheel, with the build tools of this Python. Returns the wheel."""
    settings = ["-C", f"build-dir={build_dir}", "-C", "cmake.define.EIDA_TESTS=ON",
                "-C", "cmake.define.EIDA_BENCH=ON"] if build_dir else []
    run(VENV / "bin/python", "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", work, *settings, ROOT)
    wheels = list(work.glob("eida-*.whl"))
    require(len(wheels) == 1, f"pip wheel left {wheels}")
    return wheels[0]


def check_content(wheel, work):
    """Size, tag, and that every library is in it, of torch, or of any Linux."""
    megabytes = wheel.stat().st_size / 1e6
    require(megabytes < LARGEST_MB, f"{wheel.name} has {megabytes:.1f} MB")
    oldest = tuple(map(int, re.search(r"manylinux_(\d+)_(\d+)_", wheel.name).groups()))
    unpacked = work / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    files = [file for file in unpacked.rglob("*") if file.is_file()]
    libraries = [file for file in files if file.open("rb").read(4) == b"\x7fELF"]
    names = {file.name for file in libraries}
    needed = (0, 0)
    for file in libraries:
        dynamic = run("readelf", "--dynamic", "--wide", file)
        for library in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
            require(library in names or FROM_OUTSIDE.fullmatch(library), f"{file.name} needs {library}, which is not in the wheel")
            require(not library.startswith("libmpi") or file.name == "libeida_mpi.so", f"{file.name} needs {library}")
        for path in re.findall(r"\((?:RUNPATH|RPATH)\).*\[(.*)\]", dynamic):
            require(all(part.startswith("$ORIGIN") for part in path.split(":")), f"{file.name} looks in {path}")
        versions = re.findall(r"GLIBC_(\d+)\.(\d+)", run("objdump", "-T", file))
        needed = max([needed, *(tuple(map(int, version)) for version in versions)])
        for folder in (ROOT, VENV):
            require(f"{folder}/".encode() not in file.read_bytes(), f"{file.name} names {folder}")
    require(needed <= oldest, f"{wheel.name}: its libraries need glibc {needed}")
    configs = {file.relative_to(unpacked) for file in files}
    for part in ("configs/gpt2-e2e.yaml", "configs/demo-gpt2/tokenizer.json", "plotly.min.js"):
        require(pathlib.Path("eida/share/eida") / part in configs, f"the wheel lacks {part}")
    metadata = next(unpacked.glob("eida-*.dist-info/METADATA")).read_text()
    require("Requires-Dist: torch==2.13.*" in metadata, f"METADATA: {metadata}")
    return f"{megabytes:.1f} MB, {len(libraries)} programs and libraries, glibc {needed[0]}.{needed[1]}"


def make_environment(folder):
    """A fresh environment that already has torch."""
    venv.create(folder, with_pip=True)
    source = next(VENV.glob("lib/python3*/site-packages"))
    target = next(folder.glob("lib/python3*/site-packages"))
    for entry in [source / "torch", *source.glob("torch-*.dist-info")]:
        (target / entry.name).symlink_to(entry.resolve())


def check_refused(environment, code, text):
    result = subprocess.run(["eida-probe", "--version"], env=environment, text=True, capture_output=True)
    require(result.returncode == code and text in result.stderr and result.stderr.count("\n") == 1,
            f"wanted {code} and '{text}', got {result.returncode} and {result.stderr}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build-dir", default="")
    options.add_argument("--keep", type=pathlib.Path, help="folder to leave everything in")
    options = options.parse_args()
    work = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="eida-wheel-"))
    work.mkdir(parents=True, exist_ok=True)
    wheel = build(work, options.build_dir)
    print(f"{wheel.name}: {check_content(wheel, work)}")

    made = work / "made"
    make_environment(made)
    begin = time.monotonic()
    run(made / "bin/python", "-m", "pip", "install", "--no-deps", "--no-index", wheel)
    installed = time.monotonic()
    moved = work / "moved environment"  # nothing may depend on where it was
    made.rename(moved)
    clean = {"PATH": f"{moved}/bin:/usr/bin:/bin", "HOME": str(work / "home"), "OMP_NUM_THREADS": "2"}
    for program in PROGRAMS:
        require(run(program, "--version", env=clean).startswith(program), f"{program} --version")
    output = work / "demo"
    started = time.monotonic()
    text = run("eida-probe", "demo", "--output", output, env=clean, cwd=work)
    page = output / "probe" / "report.html"
    require(f"Open {page} in a browser." in text and page.stat().st_size > 4_000_000, f"the demo ended with: {text[-2000:]}")
    print(f"installed in {installed - begin:.0f} s, demo in {time.monotonic() - started:.0f} s")

    packages = next(moved.glob("lib/python3*/site-packages"))
    configs = packages / "eida/share/eida/configs"
    train = work / "pairs.txt"
    train.write_text("".join((output / "pairs.txt").read_text().splitlines(keepends=True)[:400]))
    run("eida-train", "--config", configs / "demo-decoder.yaml", "--model", configs / "demo-gpt2", "--set", "model.init=random",
        "--train", train, "--rounds", "1", "--output", work / "trained", env=clean, cwd=work)
    require((work / "trained/model/model.safetensors").exists(), "one round of training left no model")
    print("the demo and a round of training ran in a moved environment")

    # What a machine may lack is said in one line.
    (packages / "eida/lib/libeida_mpi.so").unlink()
    check_refused(clean | {"OMPI_COMM_WORLD_SIZE": "2"}, 2, "MPI cannot be loaded")
    (packages / "torch").unlink()
    check_refused(clean, 127, "the package torch is not in the environment")
    if not options.keep:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
