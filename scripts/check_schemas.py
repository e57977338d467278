#!/usr/bin/env python3
"""Runs the three programs on tiny random models and generated data, and holds every JSON file that they write
against its schema in docs/schemas.

    .venv/bin/python scripts/check_schemas.py [--programs build/release/bin] [--runs FOLDER …]

With --runs it starts no program and checks the finished run folders. Ends with 77 where jsonschema is missing.
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import jsonschema
except ImportError:
    print("jsonschema is not installed: nothing was checked (hint: scripts/setup.sh --dev)")
    sys.exit(77)

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = {path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
           for path in sorted((ROOT / "docs/schemas").glob("*.schema.json"))}
LINES = {"log.jsonl", "metrics.jsonl", "predictions.jsonl"}  # a JSON object a line
# The tokenizer's 512 tokens and RoBERTa's own five.
ENCODER = {"model_type": "roberta", "vocab_size": 517, "hidden_size": 24, "num_hidden_layers": 2,
           "num_attention_heads": 3, "intermediate_size": 40, "hidden_act": "gelu", "max_position_embeddings": 260,
           "type_vocab_size": 1, "initializer_range": 0.2, "layer_norm_eps": 1e-05, "pad_token_id": 1}
QUICK = ["--quiet", "--threads", "1", "--set", "model.init=random", "--max-length", "0"]
PROBE = ["--examples", "16", "--heldout", "16", "--repeats", "2", "--dims", "4,8", "--set", "ranks.narrow=4",
         "--set", "ranks.wide=8"]
TRAIN = ["--examples", "16", "--rounds", "2", "--batch-size", "8", "--set", "train.accumulation=1",
         "--set", "train.log_every=5", "--set", "train.eval_every=10", "--dims", "4,8", "--set", "ranks.narrow=4",
         "--set", "ranks.wide=8"]


def objects(path):
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()] if path.name in LINES else [json.loads(text)]


def faults_of(path):
    """One sentence for a file that is not as its schema says; none where all is well."""
    name = path.name.split(".")[0]
    if name not in SCHEMAS:
        return [f"{path}: no docs/schemas/{name}.schema.json"]
    validator = jsonschema.Draft202012Validator(SCHEMAS[name])
    for number, value in enumerate(objects(path), 1):
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
        if error is not None:
            return [f"{path}: object {number}: {error.json_path}: {error.message[:300]}"]
    return []


def written(folder):
    """The JSON files of a run folder; those of merged models are Hugging Face's."""
    models = {"model", "best", "base"}
    return sorted(path for path in Path(folder).rglob("*.json*")
                  if path.is_file() and not models & set(path.relative_to(folder).parts[:-1]))


def make_inputs(programs, work):
    for name in ("encoder", "decoder"):
        (work / name).mkdir()
        shutil.copy(ROOT / "configs/demo-gpt2/tokenizer.json", work / name)
    shutil.copy(ROOT / "configs/demo-gpt2/config.json", work / "decoder")
    (work / "encoder/config.json").write_text(json.dumps(ENCODER), encoding="utf-8")
    run([programs / "make_demo_data", "--output", work / "data", "--train", "120", "--dev", "20"])


def run(command):
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def run_programs(programs, work):
    """Every program and task once, each in a run folder of its own under work/runs."""
    make_inputs(programs, work)
    data, runs = work / "data", work / "runs"
    for model, task, train, dev in (("encoder", "classification", "reviews-train.tsv", "reviews-dev.tsv"),
                                    ("decoder", "e2e", "pairs-train.txt", "pairs-dev.txt")):
        common = ["--model", work / model, "--task", task, *QUICK]
        given = [*common, "--train", data / train]
        run([programs / "eida-probe", *given, *PROBE, "--output", runs / f"{model}-probe"])
        run([programs / "eida-train", *given, *TRAIN, "--dev", data / dev, "--output", runs / f"{model}-train"])
        scored = [programs / "eida-eval", *common, "--data", data / dev]
        beams = [] if model == "encoder" else ["--beams", "2", "--set", "generation.max_new_tokens=8"]
        run([*scored, *beams, "--resamples", "20", "--output", runs / f"{model}-eval"])
    run([*scored, "--metrics", "loss", "--resamples", "20", "--output", runs / "decoder-loss"])
    eval_runs = runs / "encoder-eval/predictions.jsonl"
    run([programs / "eida-eval", "compare", "--quiet", "--labels", data / "reviews-dev.tsv", "--a", eval_runs, "--b",
         eval_runs, "--resamples", "20", "--output", runs / "compared"])
    return sorted(runs.iterdir())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "build/release/bin")
    parser.add_argument("--runs", type=Path, nargs="+")
    arguments = parser.parse_args()
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    with tempfile.TemporaryDirectory() as work:
        runs = arguments.runs or run_programs(arguments.programs.resolve(), Path(work))
        files = [path for folder in runs for path in written(folder)]
        faults = [fault for path in files for fault in faults_of(path)]
        kinds = {path.name.split(".")[0] for path in files}
        if not arguments.runs:
            faults += [f"no program wrote {name}.json" for name in sorted(set(SCHEMAS) - kinds)]
    plans = sorted((ROOT / "configs/rank_plans").glob("*.json"))
    validator = jsonschema.Draft202012Validator(SCHEMAS["rank_plan"])
    faults += [f"{plan}: is no rank plan" for plan in plans if not validator.is_valid(objects(plan)[0])]
    print("\n".join(faults) or f"{len(files)} files of {len(kinds)} kinds are as their schemas say")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
