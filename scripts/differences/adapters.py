"""LoRA folders of peft on the tiny models of tests/golden/, merged by us, beside peft's merge_and_unload(): logits.

CASES has one folder for each way to say something (scripts/make_golden_peft.py makes tests/golden/peft/ of them); random
ones differ in patterns, targets, heads and names of tensors."""
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

from .common import ROOT, Pair, Refused, attempt

BOUND = 1e-5  # float32: the same sum in another order


@dataclass
class Case:
    base: str                                    # a folder of tests/golden/
    options: dict                                # of LoraConfig
    edits: dict = field(default_factory=dict)    # of adapter_config.json, once it is written
    classes: int = 0                             # of the adapter's head; 0: the base's
    bare: bool = False                           # trained without a head, by AutoModel
    style: str = "plain"                         # of the tensors' names: plain, default, short
    dtype: torch.dtype = torch.float32


QV, SLICE = ["query", "value"], {"target_modules": ["c_attn"]}
CASES = {
    "list": Case("roberta", {"target_modules": [*QV, "classifier.dense"], "modules_to_save": ["classifier.out_proj"],
                             "rank_pattern": {"query": 3}, "alpha_pattern": {"layer.1.attention.self.value": 7}}),
    "rslora": Case("bert", {"target_modules": ["query", "key", "output.dense"], "use_rslora": True,
                            "modules_to_save": ["classifier"]}),
    "conv1d": Case("gpt2", {"target_modules": ["c_attn", "c_proj", "c_fc"], "fan_in_fan_out": True, "alpha_pattern": {"c_fc": 3}}),
    "anchored": Case("bert", {"target_modules": QV, "task_type": "SEQ_CLS",
                              "rank_pattern": {"^bert.encoder.layer.0.attention.self.query": 3},
                              "alpha_pattern": {"^bert.encoder.layer.0.attention.self.query": 32}}),
    "first-pattern": Case("bert", {"target_modules": QV, "rank_pattern": {r"layer\.\d+\..*query": 3, "query": 4, "(value|key)": 1},
                                   "alpha_pattern": {"attention": 9, "layer.0.attention.self.query": 2, ".*": 1}}),
    "expression": Case("roberta", {"target_modules": r".*\.layer\.(?P<layer>[01])\.(?!output).*(query|intermediate\.dense)$",
                                   "exclude_modules": r".*1\.attention.*"}),
    "all-linear": Case("bert", {"target_modules": "all-linear", "exclude_modules": ["key"]}, {"target_modules": "ALL-linear"}),
    "all-linear-task": Case("roberta", {"target_modules": "all-linear", "task_type": "SEQ_CLS"}, {"target_modules": "all-linear"}),
    "layers": Case("gpt2", {"target_modules": ["c_attn", "mlp.c_proj"], "layers_to_transform": [1], "layers_pattern": "h"}),
    "no-targets": Case("gpt2", {}, {"target_modules": None}),
    "fewer-targets": Case("bert", {"target_modules": [*QV, "key"], "task_type": "SEQ_CLS"}, {"target_modules": QV, "exclude_modules": ["0.attention.self.query"]}),
    "bare-bert": Case("bert", {"target_modules": [*QV, "pooler.dense"], "rank_pattern": {"^encoder.layer.1.attention.self.query": 3}}, bare=True),
    "bare-roberta": Case("roberta", {"target_modules": "all-linear", "modules_to_save": ["LayerNorm"]}, bare=True),
    "bare-gpt2": Case("gpt2", {"target_modules": r"h\.\d\.mlp\.c_.*"}, bare=True),
    "three-classes": Case("bert", {"target_modules": QV, "task_type": "SEQ_CLS"}, classes=3),
    "five-classes": Case("roberta", {"target_modules": QV, "task_type": "SEQ_CLS"}, classes=5, style="default"),
    "own-head": Case("gpt2", {**SLICE, "modules_to_save": ["lm_head"]}),
    "own-table": Case("gpt2", {**SLICE, "modules_to_save": ["wte"]}, style="default"),
    "own-head-and-table": Case("gpt2", {**SLICE, "modules_to_save": ["wte", "lm_head"], "bias": "all"}),
    "table-and-head": Case("gpt2", {"target_modules": ["wte", "lm_head"]}),
    "short-names": Case("gpt2", SLICE, style="short", dtype=torch.bfloat16),
    "bias-all": Case("bert", {"target_modules": QV, "bias": "all", "task_type": "SEQ_CLS"}),
    "bias-lora-only": Case("gpt2", {**SLICE, "bias": "lora_only"}),
    "lora-bias": Case("bert", {"target_modules": "all-linear", "lora_bias": True}),
    "tables": Case("bert", {"target_modules": ["word_embeddings", "position_embeddings", "classifier"]}),
    "dora": Case("roberta", {"target_modules": ["query", "output.dense", "classifier.out_proj", "word_embeddings"],
                             "use_dora": True, "alpha_pattern": {"query": 3}}),
    "dora-conv1d": Case("gpt2", {"target_modules": ["c_attn", "c_fc", "wpe"], "use_dora": True, "use_rslora": True}),
    "pissa": Case("bert", {"target_modules": QV, "init_lora_weights": "pissa", "alpha_pattern": {"query": 3}}),
    "pissa-dora": Case("gpt2", {**SLICE, "init_lora_weights": "pissa", "use_dora": True}),
    "mpnet": Case("mpnet", {"target_modules": ["attn.q", "attn.v", "classifier.dense"], "modules_to_save": ["classifier.out_proj"]}),
    "distilbert": Case("distilbert", {"target_modules": ["q_lin", "v_lin"], "task_type": "SEQ_CLS"}),
    "modernbert": Case("modernbert-mean", {"target_modules": ["Wqkv", "Wi"], "task_type": "SEQ_CLS"}),
    "olora": Case("roberta", {"target_modules": ["query", "intermediate.dense"], "init_lora_weights": "olora"}),
}


def load(folder, bare=False, classes=0):
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    auto = transformers.AutoModelForCausalLM if kind == "gpt2" else transformers.AutoModelForSequenceClassification
    more = {"num_labels": classes, "ignore_mismatched_sizes": True} if classes else {}
    return (transformers.AutoModel if bare else auto).from_pretrained(folder, attn_implementation="eager", **more).float().eval()


def styled(name, style):
    if style == "short":
        return name.removeprefix("base_model.model.")
    parts = name.split(".")
    if style == "default" and "lora_" in name and parts[-1] in ("weight", "bias"):
        return ".".join([*parts[:-1], "default", parts[-1]])
    return name + ".default" if style == "default" and "lora_" in name else name


@torch.no_grad()
def make_folder(case, folder):
    """Writes an adapter with random values as peft saves it; returns the model that peft makes of it, merged."""
    base = ROOT / "tests/golden" / case.base
    model = peft.get_peft_model(load(base, case.bare, case.classes), peft.LoraConfig(r=2, lora_alpha=5, **case.options))
    for name, parameter in model.named_parameters():
        if "lora_" in name or "modules_to_save" in name or (name.endswith("bias") and parameter.requires_grad):
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    model.save_pretrained(folder)
    config_file, file = folder / "adapter_config.json", folder / "adapter_model.safetensors"
    config = {**json.loads(config_file.read_text(encoding="utf-8")), "base_model_name_or_path": case.base, **case.edits}
    for key in ("target_modules", "exclude_modules"):  # sets, in no order
        config[key] = sorted(config[key]) if isinstance(config[key], list) else config[key]
    config_file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tensors = {name: tensor.to(case.dtype) for name, tensor in load_file(file).items()}
    save_file(tensors, file, {"format": "pt"})
    theirs = peft.PeftModel.from_pretrained(load(base, case.bare, case.classes), folder).merge_and_unload()
    save_file({styled(name, case.style): tensor for name, tensor in sorted(tensors.items())}, file, {"format": "pt"})
    if case.bare:
        whole = load(base)
        part = getattr(whole, whole.base_model_prefix)
        part.load_state_dict(theirs.state_dict(), strict=False)
        theirs = whole
    return theirs.eval()


@torch.no_grad()
def pair_of(session, folder, case, theirs):
    """Logits of peft's merged model and of ours."""
    ids = torch.randint(3, theirs.config.vocab_size - 1, (8, 12))
    wanted = theirs(input_ids=ids).logits
    got = session.models.one({"model": str(ROOT / "tests/golden" / case.base), "adapters": [str(folder)], "ids": ids.tolist(),
                              "type_ids": torch.zeros_like(ids).tolist()})
    return Pair(case, wanted.flatten().tolist(), got["values"] if isinstance(got, dict) else got, BOUND)


def fixed(session, _):
    torch.manual_seed(session.seed)
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            yield name, [pair_of(session, Path(folder), case, make_folder(case, Path(folder)))]


# --- random folders ------------------------------------------------------------------------------------------------
SUFFIXES = {
    "bert": ["query", "key", "value", "attention.output.dense", "output.dense", "dense", "intermediate.dense", "pooler.dense",
             "classifier", "word_embeddings", "layer.1.output.dense"],
    "roberta": ["query", "key", "value", "attention.output.dense", "dense", "intermediate.dense", "classifier.dense", "out_proj",
                "position_embeddings", "layer.0.attention.self.query"],
    "gpt2": ["c_attn", "c_proj", "mlp.c_proj", "attn.c_proj", "c_fc", "wpe", "wte", "h.0.attn.c_attn", "1.mlp.c_fc"],
}
FULL = {"bert": "bert.encoder.layer.", "roberta": "roberta.encoder.layer.", "gpt2": "transformer.h."}
INNER = {"bert": ["attention.self.query", "output.dense"], "roberta": ["attention.self.value", "intermediate.dense"],
         "gpt2": ["attn.c_attn", "mlp.c_fc"]}


def random_pattern(rng, base, bare):
    """A key of rank_pattern."""
    suffix = rng.choice(SUFFIXES[base])
    full = FULL[base].partition(".")[2] if bare else FULL[base]
    return rng.choice([suffix, "^" + full + rng.choice("01") + "." + rng.choice(INNER[base]), rf".*\.{suffix}", rf"[01]\..*{suffix[-3:]}",
                       full.replace(".", r"\.") + r"\d+\." + rng.choice(INNER[base]), f"({suffix}|{rng.choice(SUFFIXES[base])})"])


def random_targets(rng, base, bare):
    kind = rng.random()
    if kind < 0.15:
        return "all-linear"
    if kind < 0.35:
        words = [suffix.rpartition(".")[2] for suffix in rng.sample(SUFFIXES[base], 3)]
        return rng.choice([rf".*\.({'|'.join(words)})", rf".*[01]\.[a-z_.]*({words[0]}|{words[1]})$", rf"(?!.*0).*{words[2]}",
                           rf".*\b{words[0]}"])
    targets = rng.sample(SUFFIXES[base], rng.randrange(1, 5))
    if rng.random() < 0.2:
        targets.append((FULL[base].partition(".")[2] if bare else FULL[base]) + "1." + rng.choice(INNER[base]))
    return targets


def random_case(rng):
    base, bare = rng.choice(list(SUFFIXES)), rng.random() < 0.2
    options, edits, classes = {"target_modules": random_targets(rng, base, bare)}, {}, 0
    if options["target_modules"] == "all-linear" and rng.random() < 0.5:
        edits["target_modules"] = rng.choice(["all-linear", "All-Linear"])
    for key in ("rank_pattern", "alpha_pattern"):
        if rng.random() < 0.5:
            options[key] = {random_pattern(rng, base, bare): rng.randrange(1, 5) for _ in range(rng.randrange(1, 4))}
    if rng.random() < 0.2 and isinstance(options["target_modules"], list):
        options["layers_to_transform"] = rng.choice([0, 1, [1], [0, 1], []])
        options["layers_pattern"] = rng.choice([None, [], "layer", "h", ["h", "layer"], "(layer|h)"])
    if rng.random() < 0.25:
        edits["exclude_modules"] = rng.choice([rng.sample(SUFFIXES[base], 1), rf".*{rng.choice('01')}\..*", rf".*{rng.choice(SUFFIXES[base])}"])
    if base != "gpt2" and not bare and rng.random() < 0.5:
        options["task_type"] = "SEQ_CLS"
        classes = rng.choice([0, 0, 3, 4])
    if rng.random() < 0.2:
        options["modules_to_save"] = rng.sample(["LayerNorm", "ln_f", "ln_1", "pooler", "classifier", "token_type_embeddings", "wte", "lm_head"], 3)
    options.update(rng.choice([{}, {}, {"use_dora": True}, {"lora_bias": True}, {"bias": "all"}, {"bias": "lora_only"}]))
    options["use_rslora"] = rng.random() < 0.3
    if rng.random() < 0.2:
        edits[rng.choice(["fan_in_fan_out", "inference_mode"])] = rng.random() < 0.5
    if rng.random() < 0.1:
        edits.update(rng.choice([{"lora_dropout": 0.5}, {"revision": "main"}, {"auto_mapping": None}, {"base_model_name_or_path": None}, {"layers_pattern": None},
                                 {"task_type": None}, {"unknown_key": 1}, {"loftq_config": {}}, {"megatron_config": None}, {"runtime_config": None},
                                 {"alpha_pattern": None}, {"rank_pattern": None}, {"modules_to_save": []}, {"bias": "none"}, {"init_lora_weights": False}]))
    if "lora_bias" not in options:
        options["init_lora_weights"] = rng.choice([True, True, False, "gaussian", "eva", "pissa", "olora" if base != "gpt2" else "mica"])
    return Case(base, options, edits, classes, bare, rng.choice(["plain", "plain", "default", "short"]),
                rng.choice([torch.float32, torch.float32, torch.float16, torch.bfloat16]))


def case(session, rng, folder):
    chosen = random_case(rng)
    torch.manual_seed(rng.randrange(1 << 30))
    theirs = attempt(lambda: make_folder(chosen, folder))
    return None if isinstance(theirs, Refused) else [pair_of(session, folder, chosen, theirs)]
