#!/usr/bin/env python3
"""Tables of docs/results.md from run folders of eida-train.

    scripts/training_tables.py RUN [RUN …]              runs that differ in the seed only share a row; unfinished ones are named
    scripts/training_tables.py --best-rate RUN [RUN …]  prints the learning rate of the run with the best score

Score: accuracy in per cent, or the loss of a language model. What eida-eval says of a run's model on test data is read from
RUN-scores/ and RUN-loss/, where scripts/real_runs.sh has it written.
"""
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

import yaml

TEST_SCORES = ("loss", "perplexity", "BLEU", "NIST", "METEOR", "ROUGE_L", "CIDEr")


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


class Run:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.config = yaml.safe_load((self.folder / "config.yaml").read_text(encoding="utf-8"))
        self.summary = read_json(self.folder / "summary.json")
        self.manifest = read_json(self.folder / "manifest.json")
        self.audit = read_json(self.folder / "audit.json")
        evaluations = [self.folder.with_name(self.folder.name + suffix) for suffix in ("-loss", "-scores")]
        self.scores = {name: value for folder in evaluations for name, value in read_json(folder / "scores.json").items()}
        self.rounds = self.summary.get("rounds", [])

    @property
    def finished(self):
        scored = bool(self.rounds) and all(entry.get("eval") for entry in self.rounds)
        return scored and bool(self.manifest) and not (self.folder / "INCOMPLETE").exists()

    @property
    def method(self):
        estimator = self.config["subspace"]["estimator"]
        return self.config["method"] + (", random bases" if estimator == "random" and self.config["method"] == "eida" else "")

    @property
    def rate(self):
        return float(self.config["train"]["lr"])

    @property
    def key(self):
        """Equal for runs that differ in the seed only."""
        return (self.config["data"]["train"], self.method, self.rate, self.config["rounds"], str(self.config["sites"]))

    @property
    def higher_is_better(self):
        return all("accuracy" in entry["eval"] for entry in self.rounds)

    def round_scores(self):
        """Per cent of accuracy, or loss, of each round."""
        evals = [entry["eval"] for entry in self.rounds]
        return [100 * scores["accuracy"] if "accuracy" in scores else scores["loss"] for scores in evals]


def number(value, digits):
    return "–" if value is None else f"{value:,.{digits}f}"


def middle(values, digits=0):
    """Median of what is there."""
    values = [value for value in values if value is not None]
    return number(statistics.median(values) if values else None, digits)


def spread(values, digits):
    text = number(statistics.median(values), digits)
    return text if len(values) == 1 else f"{text} ({number(min(values), digits)} to {number(max(values), digits)})"


def row_of(runs, width):
    """One line of the main table: runs that differ in the seed only."""
    scores = [run.round_scores() for run in runs]
    digits = 1 if runs[0].higher_is_better else 3
    rounds = [spread(values, digits) for values in zip(*scores)]
    sampling = [sum(entry.get("sampling_seconds") or 0 for entry in run.rounds) for run in runs]
    return [runs[0].method, f"{runs[0].rate:g}", ", ".join(sorted(str(run.config["run"]["seed"]) for run in runs)),
            middle([run.summary.get("trainable_parameters") for run in runs]), *rounds, *[""] * (width - len(rounds)),
            middle([run.summary.get("seconds") for run in runs]), middle(sampling),
            middle([run.summary.get("cpu_seconds", run.manifest.get("cpu_seconds")) for run in runs]),
            middle([run.summary.get("peak_memory_mib") for run in runs])]


def table(header, rows):
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def training_table(runs):
    """Runs on one training file, of as many rounds."""
    groups = defaultdict(list)
    for run in runs:
        groups[run.key].append(run)
    width = max(len(run.rounds) for run in runs)
    score = "accuracy" if runs[0].higher_is_better else "loss"
    header = ["method", "rate", "seeds", "trainable", *(f"{score}, round {i + 1}" for i in range(width)), "seconds",
              "of them sampling", "CPU seconds", "peak MiB"]
    print(f"\n{Path(runs[0].config['data']['train']).name}: median over seeds (least to most)\n")
    ordered = sorted(groups.values(), key=lambda group: (group[0].method, group[0].rate))
    table(header, [row_of(group, width) for group in ordered])


def test_table(runs):
    print("\nOn test data\n")
    rows = [[run.method, run.folder.name, *(number(run.scores.get(name), 4) for name in TEST_SCORES)] for run in runs]
    table(["method", "run", *TEST_SCORES], rows)


def parameter_table(runs):
    """What trains, by group; one line a method."""
    print("\nTrainable parameters\n")
    audits = {run.method: run.audit for run in runs if run.audit.get("groups")}
    names = list(dict.fromkeys(name for audit in audits.values() for name in audit["groups"]))
    rows = [[method, *(number(audit["groups"].get(name, {}).get("parameters", 0), 0) for name in names)] for method, audit in audits.items()]
    table(["method", *names], rows)


def best_rate(runs):
    best = max if runs[0].higher_is_better else min
    return best(runs, key=lambda run: run.round_scores()[-1]).rate


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--best-rate"]
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.exit(__doc__)
    every = [Run(folder) for folder in arguments]
    runs = [run for run in every if run.finished]
    for run in every:
        if not run.finished:
            print(f"training_tables: {run.folder} is not finished, or has no data.dev", file=sys.stderr)
    if not runs:
        sys.exit("training_tables: no finished run")
    if "--best-rate" in sys.argv:
        print(f"{best_rate(runs):g}")
        return
    tables = defaultdict(list)
    for run in runs:
        tables[run.config["data"]["train"], run.config["rounds"]].append(run)
    for group in tables.values():
        training_table(group)
    if any(run.audit.get("groups") for run in runs):
        parameter_table(runs)
    if any(run.scores for run in runs):
        test_table([run for run in runs if run.scores])


if __name__ == "__main__":
    main()
