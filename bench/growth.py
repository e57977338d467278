#!/usr/bin/env python3
"""How time and peak memory grow: runs our benches over sizes and prints a table of exponents.

growth.py --bin build/release/bin --data DIR --out docs/images [--rounds 3] [--only SWEEP,…] [--quick]

DIR holds roberta-base/ and gpt2/ (config.json, tokenizer.json) and e2e-lora/. Models have random weights of shapes that are
made here, and rows exactly as many tokens as they should. Each point is the median of the rounds, each of which goes once
through all points. Writes growth.csv, and growth.svg with gnuplot, into the folder --out. The exponent is the slope of a
least-squares line through the logarithms. --quick: one round of the smallest sizes, to see that everything runs.
"""
import argparse
import csv
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

WORDS = "the of and to in a is for on that by this with you it not or be are from at as your all".split()  # a token each
TIME_COLOUR, MEMORY_COLOUR = "#1f5fd6", "#f28c13"


@dataclass
class Sweep:
    name: str
    symbol: str
    what: str
    values: list
    command: Callable  # value -> the bench's arguments
    seconds: str = "seconds"  # its key of the bench's line
    fitted: Callable = lambda value: True  # whether a value counts for the exponent


class Inputs:
    """Models, rows and rank plans of a temporary folder, made when first asked for."""

    def __init__(self, folder, data):
        self.folder, self.data = Path(folder), data

    def model(self, base, **changes):
        folder = self.folder / "-".join([base, *map(str, changes.values())])
        if not folder.exists():
            folder.mkdir()
            config = json.loads((self.data / base / "config.json").read_text("utf-8"))
            (folder / "config.json").write_text(json.dumps({**config, **changes}), "utf-8")
            (folder / "tokenizer.json").symlink_to((self.data / base / "tokenizer.json").resolve())
        return ["--model", folder, "--random-weights"]

    def encoder(self, dim, layers):
        return self.model("roberta-base", hidden_size=dim, num_hidden_layers=layers, num_attention_heads=dim // 64,
                          intermediate_size=4 * dim)

    def sentences(self, count, tokens):
        """Sentences of so many tokens, first and last included."""
        file = self.folder / f"sentences-{count}-{tokens}.tsv"
        if not file.exists():
            line = lambda i: " ".join(WORDS[(i + j * (i + 1)) % len(WORDS)] for j in range(tokens - 2))
            file.write_text("sentence\tlabel\n" + "".join(f"{line(i)}\t{i % 2}\n" for i in range(count)), "utf-8")
        return ["--task", "sst2", "--rows", file]

    def ranks(self, layers, rank):
        file = self.folder / f"ranks-{layers}-{rank}.json"
        every = lambda count: {str(i): rank for i in range(count)}
        file.write_text(json.dumps({"rule": "fixed", "inputs": every(4 * layers + 1), "delta_outputs": every(6 * layers + 1)}))
        return ["--rank-plan", file]


def make_sweeps(inputs, cores):
    def estimate(n=2048, dim=768, k=64, places=16):
        return ["eida_pca_bench", "--stream", "--repeats", 1, "--n", n, "--dim", dim, "--k", k, "--places", places]

    def sample(examples, tokens, dim, layers):
        return ["eida_sampling_bench", "--statistics", *inputs.encoder(dim, layers), *inputs.sentences(examples, tokens)]

    def step(batch=16, tokens=32, dim=384, layers=6, rank=32, steps=4):
        return ["eida_train_bench", *inputs.encoder(dim, layers), *inputs.sentences(batch * (steps + 1), tokens),
                *inputs.ranks(layers, rank), "--batch", batch, "--steps", steps]

    def generate(beams):
        return ["eida_generate_bench", *inputs.model("gpt2"), "--rows", inputs.data / "e2e-lora/test.txt", "--mrs", 4,
                "--new-tokens", 20, "--beams", beams]

    def several(processes):
        root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
        usual = ["chrt", "-o", "0"] if shutil.which("chrt") else []  # processes that poll starve each other at real-time priority
        return [*usual, "mpirun", "-n", processes, "--bind-to", "none", "--oversubscribe", *root,
                *step(dim=768, tokens=16), "--threads", 1]

    a_step = "seconds_per_step"
    sweeps = [
        Sweep("n-subspaces", "n", "samples of a place, d = 256", [2 ** i for i in (9, 11, 12, 13, 15)],
              lambda n: estimate(n=n, dim=256, places=40)),
        Sweep("n-sampling", "n", "examples sampled, T = 16, d = 128", [2 ** i for i in (9, 11, 13, 14)],
              lambda n: sample(n, 16, 128, 2)),
        Sweep("T-sampling", "T", "tokens of a sequence, sampling", [32, 64, 128, 256, 512], lambda T: sample(32, T, 384, 6)),
        Sweep("T-training", "T", "tokens of a sequence, step", [32, 64, 128, 256, 512],
              lambda T: step(tokens=T, steps=max(1, 128 // T)), a_step),
        Sweep("d-subspaces", "d", "width, subspaces", [256, 512, 1024, 2048], lambda d: estimate(dim=d)),
        Sweep("d-training", "d", "width of 2 layers, step", [192, 384, 768, 1536],
              lambda d: step(dim=d, layers=2, steps=max(2, 3072 // d)), a_step),
        Sweep("k-subspaces", "k", "dimensions kept, subspaces", [8, 16, 32, 64, 128, 256], lambda k: estimate(k=k, places=8)),
        Sweep("k-training", "k", "dimensions kept, step", [8, 16, 32, 64, 128, 256], lambda k: step(rank=k), a_step),
        Sweep("batch", "b", "examples of a batch, step", [1, 4, 16, 64],
              lambda b: step(batch=b, steps=max(2, 16 // b)), a_step),
        Sweep("beams", "b", "beams of GPT-2 124M", [1, 2, 5, 10, 20], generate),
        Sweep("processes", "p", f"processes of a thread, step, {cores} cores", [1, 2, 4], several, a_step, lambda p: p <= cores),
    ]
    if not shutil.which("mpirun"):
        sweeps.pop()
        print("growth: no mpirun, so nothing of several processes", file=sys.stderr)
    return sweeps


def measure(arguments, key, bin_folder):
    """Seconds and peak MiB that a bench tells in the last line it prints."""
    words = [str(bin_folder / a) if str(a).startswith("eida_") else str(a) for a in arguments]
    run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit(f"growth: {' '.join(words)}\n{run.stderr}")
    line = json.loads(run.stdout.splitlines()[-1])
    return line[key], line["peak_rss_mib"]


def slope(points):
    """Exponents of time and memory; `points`: (value, seconds, MiB)."""
    logs = [[math.log(number) for number in column] for column in zip(*points)]
    return [statistics.linear_regression(logs[0], column).slope for column in logs[1:]]


def table(sweeps, points):
    print("| what grows | from, to | seconds | time grows as | between the last two | peak MiB | memory grows as |")
    print("|---|---|---|---|---|---|---|")
    for sweep in sweeps:
        fitted = [p for p in points[sweep.name] if sweep.fitted(p[0])]
        (time, memory), last = slope(fitted), slope(fitted[-2:])[0]
        ends = lambda column, form: ", ".join(format(fitted[i][column], form) for i in (0, -1))
        print(f"| {sweep.symbol}: {sweep.what} | {ends(0, ',')} | {ends(1, '.3g')} | {sweep.symbol}^{time:.2f} | "
              f"{sweep.symbol}^{last:.2f} | {ends(2, ',.0f')} | {sweep.symbol}^{memory:.2f} |")


def short(value):
    return f"{value // 1024}k" if value >= 1024 and value % 1024 == 0 else str(value)


def panel(sweep, points):
    """gnuplot commands; both axes span whole decades, so that a slope is the same in all panels of as many."""
    decades = lambda column: (10.0 ** math.floor(math.log10(min(column)) - 1e-9), 10.0 ** math.ceil(math.log10(max(column)) + 1e-9))
    values, seconds, memory = zip(*points)
    time = slope([p for p in points if sweep.fitted(p[0])])[0]
    ticks = ", ".join(f'"{short(value)}" {value}' for value in values)
    rows = "\n".join(" ".join(map(str, point)) for point in points)
    return f"""$data << EOD
{rows}
EOD
set title "{sweep.symbol}: {sweep.what}"
set label 1 "time as {sweep.symbol}^{time:.2f}" at graph 0.04, 0.92 tc rgb "{TIME_COLOUR}"
set xrange [{values[0] / 1.3}:{values[-1] * 1.3}]
set xtics ({ticks})
set yrange [{decades(seconds)[0]}:{decades(seconds)[1]}]
set y2range [{decades(memory)[0]}:{decades(memory)[1]}]
plot $data using 1:3 axes x1y2 with linespoints pt 7 ps 0.5 lc rgb "{MEMORY_COLOUR}" lw 2 dt 2 notitle, \\
  $data using 1:2 with linespoints pt 7 ps 0.6 lc rgb "{TIME_COLOUR}" lw 2 notitle
"""


def figure(sweeps, points, file):
    """Drawn as src/report/figure.cpp draws."""
    columns = 4
    rows = -(-len(sweeps) // columns)
    script = f"""set terminal svg noenhanced size 1240,{60 + 240 * rows} font 'DejaVu Sans,11' background rgb 'white'
set encoding utf8
set output "{file}"
set multiplot layout {rows},{columns} title "seconds (left axis, solid) and peak MiB (right axis, dashed)"
set logscale xyy2
set grid lc rgb '#dddddd' lt 1
set border 11
set tics nomirror out
set ytics format "%g" textcolor rgb "{TIME_COLOUR}"
set y2tics format "%g" textcolor rgb "{MEMORY_COLOUR}"
"""
    script += "".join(panel(sweep, points[sweep.name]) for sweep in sweeps) + "unset multiplot\n"
    subprocess.run(["gnuplot", "-d"], input=script, text=True, check=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bin", type=Path, required=True)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--only", help="names of sweeps, with commas")
    p.add_argument("--quick", action="store_true")
    args = p.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    measured = defaultdict(list)  # (sweep, value) -> (seconds, MiB) of each round
    with tempfile.TemporaryDirectory() as folder:
        sweeps = make_sweeps(Inputs(folder, args.data), len(os.sched_getaffinity(0)))
        if args.only:
            sweeps = [sweep for sweep in sweeps if sweep.name in args.only.split(",")]
        for sweep in sweeps:
            sweep.values = sweep.values[:2] if args.quick else sweep.values
        for _ in range(1 if args.quick else args.rounds):
            for sweep in sweeps:
                for value in sweep.values:
                    found = measure(sweep.command(value), sweep.seconds, args.bin.resolve())
                    measured[sweep.name, value].append(found)
                    print(f"{sweep.name} {value}: {found[0]:.3f} s, {found[1]:.0f} MiB", file=sys.stderr, flush=True)
    points = {sweep.name: [(value, *map(statistics.median, zip(*measured[sweep.name, value]))) for value in sweep.values]
              for sweep in sweeps}
    with open(args.out / "growth.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["sweep", "value", "seconds", "least_seconds", "most_seconds", "peak_mib"])
        for sweep in sweeps:
            for value, seconds, memory in points[sweep.name]:
                times = [found[0] for found in measured[sweep.name, value]]
                out.writerow([sweep.name, value, *(f"{x:.5g}" for x in (seconds, min(times), max(times))), round(memory)])
    figure(sweeps, points, args.out / "growth.svg")
    table(sweeps, points)


if __name__ == "__main__":
    main()
