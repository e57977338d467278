#!/usr/bin/env python3
"""Makes tests/golden/training/: ten steps of training by torch, transformers and peft on the tiny models of
scripts/make_golden.py, for the C++ tests to hold ours against.

    .venv/bin/python scripts/make_golden_training.py [folder]      # default: tests/golden; run make_golden.py first

One safetensors file a trajectory, MODEL-METHOD.safetensors, float32 throughout, no dropout:

    step.<s>.input_ids, .attention_mask [S, T], .labels    batch of step s: classes [S], or [S, T] with -100 (decoder);
                                                           with accumulation step.<s>.<a>.input_ids and so on
    losses, grad_norms, lrs [10]                           loss before step s, norm before clipping, rate of step s
    input.<i>.basis [k_in, d_in], delta_output.<i>.basis [k_out, d_out]     eida: orthonormal rows, B = 0 at the start
    lora.<module>.A [r, d_in], lora.<module>.B [d_out, r], lora.<module>.m [d_out]     lora, dora (m): the start
    xs.<site>.A [r, d_in], xs.<site>.C [r, d_out]          lora_xs: frozen, alpha / r * S V^T and U^T of W = U S V^T; core 0
    final.B.<site> [k_out, k_in], final.lora.<module>.A|B|m, final.<parameter>     what was trained, after the last step
    merged.<parameter>                                     lora_xs, dora: adapted weights after the last step, as stored

Places are numbered as docs/method.md has them. The metadata say the rest. Seeds are fixed: running it again with the
same versions of torch, transformers and peft gives the same files.

Method full moves the biases of the keys by Adam's rule on rounding noise: softmax does not see them, so their gradient
is zero on paper, and their final values (GPT-2: the middle third of c_attn.bias) are not to be compared.
"""
import json
import math
import sys
from pathlib import Path

import peft
import torch
import transformers
from safetensors.torch import save_file

STEPS, WARMUP_RATIO, WEIGHT_DECAY, CLIP_NORM = 10, 0.2, 0.1, 1.0
LORA_RANK, LORA_ALPHA = 3, 6
RATES = {"eida": 1e-2, "lora": 1e-2, "full": 1e-3, "head": 1e-2, "lora_xs": 1e-2, "dora": 1e-2}
HEADS = {"roberta": "classifier.out_proj", "bert": "classifier"}
CASES = [(model, method) for model in ("roberta", "bert") for method in ("eida", "lora", "full", "head")]
CASES += [("gpt2", method) for method in ("eida", "lora", "full")]
CASES += [("roberta", "lora_xs"), ("gpt2", "lora_xs"), ("bert", "dora"), ("gpt2", "dora")]


class Beside(torch.nn.Module):
    """y = W x + Cᵀ B A x beside a frozen layer; C and B hold one matrix for each equal slice of the output."""

    def __init__(self, base, basis_in, bases_out):
        super().__init__()
        self.base, self.basis_in, self.bases_out = base, basis_in, bases_out
        self.cores = torch.nn.ParameterList(torch.zeros(len(c), len(basis_in)) for c in bases_out)

    def forward(self, x):
        projected = x @ self.basis_in.T
        slices = [projected @ core.T @ basis for core, basis in zip(self.cores, self.bases_out)]
        return self.base(x) + torch.cat(slices, -1)


class ExtraSmall(torch.nn.Module):
    """y = (W + C^T B A) x with A and C of each slice from its singular value decomposition (LoRA-XS)."""

    def __init__(self, base, slices, transposed):
        super().__init__()
        self.base, self.transposed = base, transposed
        weights = (base.weight.T if transposed else base.weight).detach().chunk(slices)
        pairs = [self.decompose(weight.double()) for weight in weights]
        self.A, self.C = [A.float() for A, _ in pairs], [C.float() for _, C in pairs]
        self.cores = torch.nn.ParameterList(torch.zeros(LORA_RANK, LORA_RANK) for _ in pairs)

    @staticmethod
    def decompose(weight):
        """(A, C); a singular vector on the input's side has its largest entry positive."""
        U, S, Vh = torch.linalg.svd(weight, full_matrices=False)
        U, S, V = U[:, :LORA_RANK], S[:LORA_RANK], Vh[:LORA_RANK].T
        signs = V.gather(0, V.abs().argmax(0, keepdim=True)).sign()
        return (LORA_ALPHA / LORA_RANK * S * V * signs).T.contiguous(), (U * signs).T.contiguous()

    def change(self):
        """Of the weight, [d_out, d_in]."""
        return torch.cat([C.T @ core @ A for A, core, C in zip(self.A, self.cores, self.C)])

    def merged(self):
        return self.base.weight + (self.change().T if self.transposed else self.change())

    def forward(self, x):
        return self.base(x) + torch.cat([x @ A.T @ core.T @ C for A, core, C in zip(self.A, self.cores, self.C)], -1)


def adapted_modules(model, kind):
    """(parent module, attribute, slices of its output, own input space?) of every site, in order of the places."""
    if kind == "gpt2":
        for block in model.transformer.h:
            yield block.attn, "c_attn", 3, True
            yield block.attn, "c_proj", 1, True
            yield block.mlp, "c_fc", 1, True
            yield block.mlp, "c_proj", 1, True
        return
    for layer in getattr(model, kind).encoder.layer:
        for name in ("query", "key", "value"):
            yield layer.attention.self, name, 1, name == "query"
        yield layer.attention.output, "dense", 1, True
        yield layer.intermediate, "dense", 1, True
        yield layer.output, "dense", 1, True
    yield (model.classifier if kind == "roberta" else model.bert.pooler), "dense", 1, True


def random_basis(dim):
    """[k, dim] with orthonormal rows and k drawn from 3 to 6."""
    rank = int(torch.randint(3, 7, ()))
    return torch.linalg.qr(torch.randn(dim, rank, dtype=torch.float64))[0].T.float().contiguous()


def dimensions(layer, kind):
    """(d_in, d_out); transformers' Conv1D keeps its weight [d_in, d_out]."""
    shape = tuple(layer.weight.shape)
    return shape if kind == "gpt2" else shape[::-1]


def attach_eida(model, kind):
    """Puts Beside at every site; returns the bases as they are stored, and the cores B in the order of the sites."""
    bases, cores, spaces = {}, [], 0
    for parent, name, slices, own_space in list(adapted_modules(model, kind)):
        layer = getattr(parent, name)
        d_in, d_out = dimensions(layer, kind)
        if own_space:
            basis_in = bases[f"input.{spaces}.basis"] = random_basis(d_in)
            spaces += 1
        bases_out = [random_basis(d_out // slices) for _ in range(slices)]
        beside = Beside(layer, basis_in, bases_out)
        for basis, core in zip(bases_out, beside.cores):
            bases[f"delta_output.{len(cores)}.basis"] = basis
            cores.append(core)
        setattr(parent, name, beside)
    return bases, cores


def attach_xs(model, kind):
    """Puts ExtraSmall at every site; returns their A and C, and the cores B in the order of the sites."""
    bases, cores = {}, []
    for parent, name, slices, _ in list(adapted_modules(model, kind)):
        layer = ExtraSmall(getattr(parent, name), slices, kind == "gpt2")
        for A, C, core in zip(layer.A, layer.C, layer.cores):
            bases |= {f"xs.{len(cores)}.A": A, f"xs.{len(cores)}.C": C}
            cores.append(core)
        setattr(parent, name, layer)
    return bases, cores


def attach_lora(model, kind, dora):
    """(model of peft, tensors at the start); trained tensors are found again by lora_tensors()."""
    targets = ["attn.c_proj", "mlp.c_fc", "mlp.c_proj"] if kind == "gpt2" else ["query", "value"]
    if dora and kind == "gpt2":
        targets.append("c_attn")  # one module: with lora our three slices have an A each
    config = peft.LoraConfig(r=LORA_RANK, lora_alpha=LORA_ALPHA, lora_dropout=0.0, bias="none", target_modules=targets,
                             fan_in_fan_out=kind == "gpt2", use_dora=dora,
                             modules_to_save=[HEADS[kind]] if kind in HEADS else None)
    model = peft.get_peft_model(model, config).eval()
    return model, lora_tensors(model)


def lora_tensors(model):
    """lora.<module>.A|B|m of every adapted module."""
    tensors = {}
    for name, parameter in model.named_parameters():
        if ".lora_" in name:
            module, letter = name.removeprefix("base_model.model.").split(".lora_")
            tensors[f"lora.{module}.{letter[0]}"] = parameter.detach().clone()
    return tensors


def prepare(model, kind, method):
    """Freezes and attaches: (model, tensors to store of the start, a function that gives the trained tensors)."""
    start, cores = {}, []
    if method != "full":
        model.requires_grad_(False)
    if method in ("lora", "dora"):
        model, start = attach_lora(model, kind, method == "dora")
    elif method == "eida":
        start, cores = attach_eida(model, kind)
    elif method == "lora_xs":
        start, cores = attach_xs(model, kind)
    if kind in HEADS and method in ("eida", "head", "lora_xs"):
        model.get_submodule(HEADS[kind]).requires_grad_(True)

    def trained():
        tensors = {f"B.{i}": core.detach() for i, core in enumerate(cores)}
        tensors |= lora_tensors(model)
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and ".cores." not in name and ".lora_" not in name:
                name = name.removeprefix("base_model.model.").replace(".modules_to_save.default", "")
                tensors[name] = parameter.detach()
        return {"final." + name: tensor.contiguous() for name, tensor in tensors.items()}

    return model, start, trained


@torch.no_grad()
def merged_weights(model):
    """Of the layers that LoRA-XS or peft's DoRA adapts, after training."""
    weights = {name + ".weight": module.merged() for name, module in model.named_modules() if isinstance(module, ExtraSmall)}
    if not weights:
        adapted = [name.removeprefix("base_model.model.") for name, module in model.named_modules()
                   if isinstance(module, peft.tuners.lora.LoraLayer)]
        plain = model.merge_and_unload()
        weights = {name + ".weight": plain.get_submodule(name).weight for name in adapted}
    return {"merged." + name: weight.detach().contiguous() for name, weight in weights.items()}


def make_optimiser(model):
    """AdamW without decay on biases, LayerNorm and DoRA's magnitudes, and transformers' linear schedule."""
    norms = {name for name, module in model.named_modules() if isinstance(module, torch.nn.LayerNorm)}
    groups = [[], []]
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            bare = name.endswith("bias") or "magnitude" in name or name.rpartition(".")[0] in norms
            groups[bare].append(parameter)
    optimiser = torch.optim.AdamW([{"params": groups[0], "weight_decay": WEIGHT_DECAY},
                                   {"params": groups[1], "weight_decay": 0.0}], betas=(0.9, 0.999), eps=1e-8)
    warmup = math.ceil(WARMUP_RATIO * STEPS)
    return optimiser, lambda: transformers.get_linear_schedule_with_warmup(optimiser, warmup, STEPS), sum(groups, [])


def make_batch(config, is_decoder):
    """4 to 6 right-padded sequences of random ids; a decoder's labels are -100 on context and padding."""
    count = int(torch.randint(4, 7, ()))
    lengths = torch.randint(3, 15, (count, 1))
    positions = torch.arange(int(lengths.max()))
    mask = (positions < lengths).long()
    ids = torch.randint(7, config.vocab_size, mask.shape)  # above every special token
    batch = {"input_ids": torch.where(mask == 1, ids, 0 if is_decoder else config.pad_token_id), "attention_mask": mask}
    if is_decoder:
        scored = (mask == 1) & (positions >= (lengths // 3).clamp(min=1))
        batch["labels"] = torch.where(scored, ids, -100)
    else:
        batch["labels"] = torch.randint(0, config.num_labels, (count,))
    return batch


def train(model, rate, accumulation, is_decoder):
    """Ten steps; returns the batches and what was seen of each step."""
    optimiser, make_schedule, parameters = make_optimiser(model)
    for group in optimiser.param_groups:
        group["lr"] = rate
    schedule = make_schedule()
    stored, losses, norms, rates = {}, [], [], []
    for step in range(STEPS):
        rates.append(schedule.get_last_lr()[0])
        total = 0.0
        for part in range(accumulation):
            batch = make_batch(model.config, is_decoder)
            prefix = f"step.{step}." + (f"{part}." if accumulation > 1 else "")
            stored |= {prefix + name: tensor for name, tensor in batch.items()}
            loss = model(**batch).loss / accumulation
            loss.backward()
            total += loss.detach()
        losses.append(total)
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, CLIP_NORM))
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
    return stored | {"losses": torch.stack(losses), "grad_norms": torch.stack(norms), "lrs": torch.tensor(rates)}


def write_sorted(tensors, file, about):
    """save_file() with its metadata in order: the library writes them in a new order each time."""
    save_file(tensors, file, about)
    data = file.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode().ljust(end - 8)
    file.write_bytes(data[:8] + text + data[end:])


def make_trajectory(root, kind, method, seed):
    torch.manual_seed(seed)
    auto = transformers.AutoModelForCausalLM if kind == "gpt2" else transformers.AutoModelForSequenceClassification
    model = auto.from_pretrained(root / kind, attn_implementation="eager").eval()  # eval(): no dropout, else the same
    model, start, trained = prepare(model, kind, method)
    accumulation = 2 if (kind, method) == ("gpt2", "eida") else 1
    tensors = {name: tensor.clone() for name, tensor in start.items()}
    tensors |= train(model, RATES[method], accumulation, kind == "gpt2")
    tensors |= trained()
    if method in ("lora_xs", "dora"):
        tensors |= merged_weights(model)
    about = dict(model=kind, method=method, steps=STEPS, accumulation=accumulation, lr=RATES[method],
                 weight_decay=WEIGHT_DECAY, warmup_ratio=WARMUP_RATIO, clip_norm=CLIP_NORM, beta1=0.9, beta2=0.999,
                 eps=1e-8, head=HEADS.get(kind, ""), torch=torch.__version__, transformers=transformers.__version__)
    if method in ("lora", "lora_xs", "dora"):
        about |= dict(lora_rank=LORA_RANK, lora_alpha=LORA_ALPHA, peft=peft.__version__)
    write_sorted(tensors, root / "training" / f"{kind}-{method}.safetensors", {k: str(v) for k, v in about.items()})
    losses, norms = tensors["losses"], tensors["grad_norms"]
    print(f"{kind}-{method}: loss {losses[0]:.3f} .. {losses[-1]:.3f}, norm {norms.min():.2f} .. {norms.max():.2f}")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "tests" / "golden")
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    (root / "training").mkdir(exist_ok=True)
    for seed, (kind, method) in enumerate(CASES):
        make_trajectory(root, kind, method, seed)


if __name__ == "__main__":
    main()
