#!/usr/bin/env python3
"""Records SHA-256 of everything that small runs of the three programs write for others to read, and compares them with
those of another build: what is built anew without a change of meaning writes the same bits.

    scripts/digests.py record FILE --programs build/release/bin [--keep DIR]
    scripts/digests.py compare FILE --programs build/dev/bin [--keep DIR] [--only REGEX]

Times, facts about the machine and paths are left out. compare exits with 1 where a file differs, is new or missing, and
says which numbers differ most where record kept its outputs. Both need two minutes, and mpirun for some runs.
"""
import argparse
import array
import hashlib
import itertools
import json
import re
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Options that many runs share; {name} is the output folder of the run of that name.
ENCODER = ("--task classification --train data/reviews.tsv --set data.max_length=0 --threads 1"
           " --set sampling.classifier_tokens=random")
DECODER = "--task e2e --train data/pairs.txt --set data.max_length=0 --set sampling.token_rate=0.05 --threads 1"
PROBE = ("--dims 2,4,8 --set ranks.narrow=4 --set ranks.wide=8 --repeats 2 --examples 32 --heldout 40 --save-subspaces"
         " --set probe.figures=[]")
TRAIN = ("--rounds 2 --examples 16 --batch-size 8 --dims 2,4,8 --set ranks.fixed=4 --set ranks.narrow=4"
         " --set ranks.wide=8 --set ranks.heldout=12 --lr 1e-2 --set train.log_every=2 --set train.max_steps=8")
FIRST = "--set model.init=random --method full --set rounds=1"
DEV = "--dev data/reviews-dev.tsv"
PAIRS_DEV = "--dev data/pairs-dev.txt --set train.accumulation=2"
FIXED = "--set ranks.rule=fixed"
EVAL = "--set data.max_length=0 --threads 1"
TEXTS = "--task e2e --data data/pairs-dev.txt --metrics bleu,nist,rouge_l,cider --set generation.max_new_tokens=8"
SCORED = "--metrics bleu,nist,rouge_l,cider --resamples 100"

# name: program and options; `mpirun` before it: two processes; `interrupted`: ended by SIGINT and resumed.
RUNS = {
    # models with weights, made by the first method from random ones
    "roberta": f"eida-train --model data/roberta {ENCODER} {DEV} {TRAIN} {FIRST}",
    "bert": f"eida-train --model data/bert {ENCODER} {DEV} {TRAIN} {FIRST} --precision fp32",
    "gpt2": f"eida-train --model data/gpt2 {DECODER} {PAIRS_DEV} {TRAIN} {FIRST}",
    # eida-probe: families, estimators, rank rules, precisions, how samples are kept
    "probe-roberta": f"eida-probe --model data/roberta --set model.init=random {ENCODER} {PROBE} --precision fp32",
    "probe-bert": f"eida-probe --model {{bert}}/model {ENCODER} {PROBE} --estimator centred --rule energy",
    "probe-gpt2": f"eida-probe --model {{gpt2}}/model {DECODER} {PROBE} --estimator uncentred --rule budget"
                  " --set ranks.budget=400 --set sampling.batch_size=4 --precision fp32",
    "probe-power": f"eida-probe --model {{roberta}}/model {ENCODER} {PROBE} --estimator power_iteration {FIXED}"
                   " --set ranks.fixed=4 --set sampling.classifier_tokens=first",
    "probe-random": f"eida-probe --model {{gpt2}}/model {DECODER} {PROBE} --estimator random"
                    " --set sampling.token_weighting=uniform",
    "probe-moments": f"eida-probe --model {{roberta}}/model {ENCODER} {PROBE} --tokens 8 --precision fp32",
    "probe-sketch": f"eida-probe --model {{roberta}}/model {ENCODER} {PROBE} --tokens 8 --set sampling.sketch_from=16",
    "probe-batch": f"eida-probe --model {{gpt2}}/model {DECODER} {PROBE} --weights bf16"
                   " --set sampling.token_weighting=prefix_count_batch",
    "probe-mpi": f"mpirun eida-probe --model {{roberta}}/model {ENCODER} {PROBE} --set sampling.batch_size=12",
    "probe-compare": "eida-probe compare {probe-roberta} {probe-power}",
    # eida-train: methods, families, rank rules, precisions, options of training
    "eida": f"eida-train --model {{roberta}}/model {ENCODER} {DEV} {TRAIN} --set train.eval_every=3"
            " --set train.head_lr=1e-3",
    "eida-fixed": f"eida-train --model {{roberta}}/model {ENCODER} {DEV} {TRAIN} {FIXED} --precision fp32"
                  " --set train.max_steps=20 --set train.save_every=1",
    "eida-resumed": f"interrupted eida-train --model {{roberta}}/model {ENCODER} {DEV} {TRAIN} {FIXED} --precision fp32"
                    " --set train.max_steps=20 --set train.save_every=1",
    "eida-mpi": f"mpirun eida-train --model {{roberta}}/model {ENCODER} {DEV} {TRAIN} --set sampling.batch_size=4",
    "eida-mpi-gpt2": f"mpirun eida-train --model {{gpt2}}/model {DECODER} {PAIRS_DEV} {TRAIN} {FIXED}"
                     " --set train.loss_norm=global",
    "eida-threads": f"eida-train --model {{roberta}}/model {ENCODER} {TRAIN} {FIXED} --set run.threads=2"
                    " --set train.schedule=global --set train.label_smoothing=0.1",
    "eida-bert": f"eida-train --model {{bert}}/model {ENCODER} {DEV} {TRAIN} --precision fp32"
                 " --rank-plan {probe-bert}/rank_plan.json --set ranks.rule=plan",
    "eida-gpt2": f"eida-train --model {{gpt2}}/model {DECODER} {PAIRS_DEV} {TRAIN} --set ranks.rule=energy",
    "eida-carried": f"eida-train --model {{roberta}}/model {ENCODER} {TRAIN} {FIXED} --set train.carry_moments=true"
                    " --set train.gradient_checkpointing=true --set train.trainable_extra=[head,layer_norm,bias]",
    "eida-narrow": f"eida-train --model {{bert}}/model {ENCODER} {DEV} {TRAIN} --weights bf16 --set ranks.rule=budget"
                   " --set ranks.budget=400",
    "eida-some": f"eida-train --model {{gpt2}}/model {DECODER} {TRAIN} {FIXED} --estimator random --precision fp32"
                 " --set sites.include=[q,v,fc2] --set sites.layers=[1] --set train.trainable_extra=[embeddings]",
    "lora": f"eida-train --model {{roberta}}/model {ENCODER} {DEV} {TRAIN} --method lora --set lora.rank=3"
            " --set train.early_stopping=1 --set train.best_metric=loss --set rounds=4",
    "lora-gpt2": f"eida-train --model {{gpt2}}/model {DECODER} {PAIRS_DEV} {TRAIN} --method lora --weights bf16",
    "lora-xs": f"eida-train --model {{roberta}}/model {ENCODER} {DEV} {TRAIN} --method lora_xs --set lora.rank=3",
    "dora": f"eida-train --model {{bert}}/model {ENCODER} {DEV} {TRAIN} --method dora --set lora.rank=3",
    "head": f"eida-train --model {{bert}}/model {ENCODER} {DEV} {TRAIN} --method head",
    "full": f"eida-train --model {{bert}}/model {ENCODER} {TRAIN} --method full"
            " --set data.batching=as_drawn --set train.clip_norm=0",
    # adapters to other forms and back
    "export": "eida-train export --run {eida-fixed} --to huggingface",
    "export-peft": "eida-train export --run {eida-fixed} --to peft",
    "export-peft-gpt2": "eida-train export --run {eida-gpt2} --to peft",
    "export-peft-lora": "eida-train export --run {lora-gpt2} --to peft",
    "merge": "eida-train merge --model {bert}/model --adapter {eida-narrow}/rounds/01/adapter.safetensors"
             " --adapter {eida-narrow}/rounds/02/adapter.safetensors",
    "merge-peft": "eida-train merge --model {roberta}/model --adapter {export-peft}",
    "merge-peft-gpt2": "eida-train merge --model {gpt2}/model --adapter {export-peft-lora}",
    # eida-eval: labels, losses, texts, scores
    "eval": f"eida-eval --model {{eida}}/best --task classification --data data/reviews-dev.tsv {EVAL}",
    "eval-adapter": f"eida-eval --model {{roberta}}/model --adapter {{eida-fixed}}/rounds/01/adapter.safetensors {EVAL}"
                    " --adapter {eida-fixed}/rounds/02/adapter.safetensors --precision fp32"
                    " --task classification --data data/reviews-dev.tsv",
    "eval-loss": f"eida-eval --model {{gpt2}}/model --task e2e --data data/pairs-dev.txt --metrics loss {EVAL}",
    "beams": f"eida-eval --model {{gpt2}}/model {TEXTS} {EVAL} --beams 3 --set generation.length_penalty=0.8"
             " --set generation.no_repeat_ngram_size=3 --precision fp32",
    "beams-mpi": f"mpirun eida-eval --model {{gpt2}}/model {TEXTS} {EVAL} --beams 3 --max-batch-tokens 400",
    "greedy": f"eida-eval --model {{eida-gpt2}}/model {TEXTS} {EVAL} --beams 1 --set generation.min_length=3",
    "sampled": f"eida-eval --model {{gpt2}}/model {TEXTS} {EVAL} --set generation.sample=true --beams 1"
               " --set generation.top_k=20 --set generation.top_p=0.9 --set generation.temperature=0.7",
    "score": f"eida-eval score --references data/references.txt --predictions data/a.txt {SCORED} --nist perl",
    "compare": f"eida-eval compare --references data/references.txt --a data/a.txt --b data/b.txt {SCORED}",
    "compare-labels": "eida-eval compare --labels data/reviews-dev.tsv --a {eval}/predictions.jsonl"
                      " --b {eval-adapter}/predictions.jsonl",
}
# Runs that must end with the bits of another one.
ALIKE = {"eida-resumed": "eida-fixed"}
# What is not compared: what only people or this version read, and the files that hold times.
LEFT_OUT = {"config.yaml", "manifest.json", "log.jsonl", "report.html", "state", "figures"}
TIMES = {"seconds", "sampling_seconds", "estimation_seconds", "examples_per_s", "examples_per_second", "cpu_seconds",
         "peak_memory_mib"}

ROBERTA = {"model_type": "roberta", "vocab_size": 300, "hidden_size": 24, "num_hidden_layers": 2,
           "num_attention_heads": 3, "intermediate_size": 40, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
           "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 260, "type_vocab_size": 1,
           "initializer_range": 0.2, "layer_norm_eps": 1e-5, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
BERT = {**ROBERTA, "model_type": "bert", "type_vocab_size": 2, "pad_token_id": 0}
GPT2 = {"model_type": "gpt2", "vocab_size": 300, "n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 600,
        "activation_function": "gelu_new", "resid_pdrop": 0.1, "embd_pdrop": 0.1, "attn_pdrop": 0.1,
        "layer_norm_epsilon": 1e-5, "initializer_range": 0.2, "bos_token_id": 5, "eos_token_id": 5}


def byte_vocabulary():
    """GPT-2's alphabet of the 256 bytes behind a few special tokens: every text has ids without a merge."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = itertools.count(256)
    letters = [chr(byte if byte in printable else next(others)) for byte in range(256)]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>", *letters]
    return {token: number for number, token in enumerate(tokens)}


def make_inputs(folder):
    """Model folders without weights, reviews with labels, pairs of meaning representation and text."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,:!'"
    for name, config in {"roberta": ROBERTA, "bert": BERT, "gpt2": GPT2}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config))
        if name == "bert":
            tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + letter for letter in letters)]
            (folder / name / "vocab.txt").write_text("\n".join(tokens) + "\n")
        else:
            (folder / name / "vocab.json").write_text(json.dumps(byte_vocabulary()))
            (folder / name / "merges.txt").write_text("#version: 0.2\n")

    def mixed(rows):  # a fixed order that mixes what itertools.product sorts
        return [rows[37 * i % len(rows)] for i in range(len(rows))]

    judged = [("dull", 0), ("charming", 1), ("weak", 0), ("bold", 1), ("tired", 0), ("bright", 1), ("flat", 0)]
    reviews = mixed([f"the {noun} was {adverb} {word}\t{label}" for noun, adverb, (word, label) in itertools.product(
        ["film", "plot", "second act", "score of the whole film", "cast", "end"],
        ["", "rather", "really, in every scene,", "not at all", "just"], judged)])
    facts = mixed(list(itertools.product(["Aromi", "The Mill", "Zizzi", "Wildwood", "Cotto"],
                                         ["Thai", "fast food", "French", "Indian"], ["riverside", "city centre"])))
    pairs = [f"name : {name} | food : {food} | area : {area}||{text.format(name, food, area)}"
             for name, food, area in facts
             for text in ("{0} serves {1} food in the {2}.", "In the {2} there is {0}, for {1} meals.")]
    files = {"reviews.tsv": ["sentence\tlabel", *reviews[:140]], "pairs.txt": pairs[:72],
             "reviews-dev.tsv": ["sentence\tlabel", *reviews[140:170]], "pairs-dev.txt": pairs[72:],
             "references.txt": ["the pub is near", "a pub near it", "", "they went home", "", "it is cheap and good"],
             "a.txt": ["the bar is near", "they went out", "it is good and cheap"],
             "b.txt": ["the pub is near", "they went home", "cheap"]}
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n")


def call(program, arguments, work, mpi=False):
    """The started program, which writes into its own log."""
    ways = ["mpirun", "-n", "2", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"] if mpi else []
    return subprocess.Popen([*ways, program, *arguments], cwd=work, stdout=subprocess.DEVNULL,
                            stderr=open(work / "log", "a", encoding="utf-8"))


def interrupt(process, output):
    """SIGINT once a state was saved; the run must not have ended by itself."""
    while process.poll() is None and not (output / "state/state.safetensors").exists():
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    if process.wait() != 128 + signal.SIGINT:
        sys.exit(f"digests: {output.name} ended with {process.returncode} before it was interrupted")


def run(name, programs, work):
    words = shlex.split(re.sub(r"\{([\w-]+)\}", r"out/\1", RUNS[name]))
    how = words.pop(0) if words[0] in ("mpirun", "interrupted") else ""
    output = work / "out" / name
    arguments = [*words[1:], "--output", f"out/{name}", "--no-progress"]
    if how == "interrupted":
        interrupt(call(programs / words[0], arguments, work), output)
        arguments.append("--resume")
    process = call(programs / words[0], arguments, work, mpi=how == "mpirun")
    if process.wait() != 0:
        sys.exit(f"digests: {name} ended with {process.returncode}: {words[0]} {shlex.join(arguments)}\n"
                 + (work / "log").read_text()[-2000:])


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(part) for key, part in value.items() if key not in TIMES}
    return [without_times(part) for part in value] if isinstance(value, list) else value


def content(path, work):
    """The bytes that count: JSON without times and without the folder that the runs were in."""
    data = path.read_bytes()
    if path.suffix not in (".json", ".jsonl", ".csv"):
        return data
    text = data.decode("utf-8").replace(str(work), "")
    if path.suffix == ".csv" or path.name.startswith(("tokenizer", "vocab")):
        return text.encode()
    parts = text.splitlines() if path.suffix == ".jsonl" else [text]
    return "\n".join(json.dumps(without_times(json.loads(part)), indent=1) for part in parts).encode()


def digests(output, work):
    files = sorted(path for path in output.rglob("*") if path.is_file())
    return {str(path.relative_to(output)): hashlib.sha256(content(path, work)).hexdigest() for path in files
            if not LEFT_OUT & set(path.relative_to(output).parts)}


def wanted(only):
    """The runs that match, and those whose output they read."""
    names = [name for name in RUNS if re.search(only, name)]
    for name in names:
        names += [other for other in re.findall(r"\{([\w-]+)\}", RUNS[name]) if other not in names]
    return [name for name in RUNS if name in names]


def run_all(programs, work, only):
    """{run: {file: digest}}"""
    make_inputs(work / "data")
    found = {}
    for name in wanted(only):
        run(name, programs.resolve(), work)
        found[name] = digests(work / "out" / name, work)
    for name, other in ALIKE.items():
        if name in found and other in found and found[name] != found[other]:
            print(f"{name} is not like {other}: {differing(found[name], found[other])}")
    return found


def differing(a, b):
    return [file for file in sorted({*a, *b}) if a.get(file) != b.get(file)]


def numbers(path):
    """(what, value) of every number in a file, in order."""
    if path.suffix != ".safetensors":
        text = path.read_text(encoding="utf-8")
        return [(f"at {m.start()}", float(m[0])) for m in re.finditer(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", text)]
    data = path.read_bytes()
    length, = struct.unpack("<Q", data[:8])
    found = []
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        raw = data[begin:end]
        if entry["dtype"] == "BF16":  # the upper half of a float32
            raw = b"".join(b"\0\0" + raw[i:i + 2] for i in range(0, len(raw), 2))
        found += ((f"{name}[{i}]", value) for i, value in enumerate(array.array("f", raw)))
    return found


def largest_difference(a, b):
    """Where two files' numbers differ most, in words."""
    if not a.exists() or not b.exists():
        return "one of both is missing"
    pairs = [(abs(x - y), what, x, y) for (what, x), (_, y) in zip(numbers(a), numbers(b)) if x != y]
    if not pairs:
        return "no number differs: names, order or metadata"
    _, what, x, y = max(pairs)
    return f"{len(pairs)} numbers differ, most {what}: {x!r} and {y!r}"


def compare(recorded, found, kept, work):
    """Prints what differs. Returns the number of files."""
    count = 0
    for name, files in found.items():
        for file in differing(recorded["runs"].get(name, {}), files):
            count += 1
            said = largest_difference(Path(kept) / "out" / name / file, work / "out" / name / file) if kept else ""
            print(f"{name}: {file} {said}")
    total = sum(len(files) for files in found.values())
    print(f"{len(found)} runs, {total} files, {count} differ")
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "compare"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--programs", type=Path, required=True, help="folder of eida-probe, eida-train, eida-eval")
    parser.add_argument("--keep", type=Path, help="new folder for inputs and outputs of the runs")
    parser.add_argument("--only", default="", metavar="REGEX", help="these runs, and those that they need")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = (args.keep or Path(scratch) / "runs").resolve()
        work.mkdir(parents=True)
        found = run_all(args.programs, work, args.only)
        if args.what == "record":
            kept = str(work) if args.keep else None
            args.file.write_text(json.dumps({"kept": kept, "runs": found}, indent=1) + "\n")
            print(f"{args.file}: {len(found)} runs, {sum(map(len, found.values()))} files")
            return 0
        recorded = json.loads(args.file.read_text())
        return 1 if compare(recorded, found, recorded["kept"], work) else 0


if __name__ == "__main__":
    sys.exit(main())
