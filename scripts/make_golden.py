#!/usr/bin/env python3
"""Makes tests/golden/: tiny random models of transformers with the logits, the loss and every gradient
that transformers computes for them. The C++ tests (tests/model/golden_test.cpp) hold ours against these.

    .venv/bin/python scripts/make_golden.py [folder]      # default: tests/golden

One folder a configuration: config.json, model.safetensors, expected.safetensors (input_ids, attention_mask,
token_type_ids, labels, logits, loss, and "grad.NAME" for each parameter). Seeds are fixed: running it again
with the same versions of torch and transformers gives the same files.
"""
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

ENCODER = dict(vocab_size=29, hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20,
               max_position_embeddings=24, type_vocab_size=1, num_labels=2, layer_norm_eps=1e-5, pad_token_id=1,
               bos_token_id=0, eos_token_id=2)
BERT = {**ENCODER, "type_vocab_size": 2, "pad_token_id": 0, "layer_norm_eps": 1e-12, "bos_token_id": None,
        "eos_token_id": None}
GPT2 = dict(vocab_size=29, n_embd=12, n_layer=2, n_head=3, n_positions=20, bos_token_id=28, eos_token_id=28)

# name: (transformers' model type, changed values, lengths of the sequences)
CASES = {
    "roberta": ("roberta", {}, [5, 9, 3, 7]),
    "roberta-one-layer": ("roberta", dict(num_hidden_layers=1, num_attention_heads=1, num_labels=3), [4, 4, 4]),
    "roberta-limit": ("roberta", {}, [22, 2, 22, 13]),
    "roberta-types": ("roberta", dict(type_vocab_size=2, hidden_act="relu"), [6, 1, 8]),
    "roberta-offset": ("roberta", dict(pad_token_id=5, hidden_act="gelu_new"), [7, 10]),
    "camembert": ("camembert", dict(bos_token_id=5, eos_token_id=6), [8, 3, 5]),
    "xlm-roberta": ("xlm-roberta", dict(num_attention_heads=2, intermediate_size=13), [3, 11]),
    "bert": ("bert", {}, [5, 8, 2, 8]),
    "bert-odd": ("bert", dict(hidden_size=15, num_attention_heads=5, intermediate_size=7, num_labels=5), [1, 6]),
    "bert-limit": ("bert", dict(num_hidden_layers=1, hidden_act="silu"), [24, 5, 24]),
    "gpt2": ("gpt2", {}, [6, 9, 4]),
    "gpt2-inner": ("gpt2", dict(n_inner=17, activation_function="gelu"), [12, 5]),
    "gpt2-inverse-layer": ("gpt2", dict(scale_attn_by_inverse_layer_idx=True, n_layer=3), [7, 7]),
    "gpt2-upcast": ("gpt2", dict(reorder_and_upcast_attn=True, scale_attn_by_inverse_layer_idx=True), [5, 8, 3]),
    "gpt2-unscaled": ("gpt2", dict(scale_attn_weights=False, activation_function="relu"), [10, 6]),
    "gpt2-limit": ("gpt2", dict(n_layer=1, n_head=1, activation_function="gelu_fast"), [20, 3, 20]),
}
MODELS = {
    "roberta": (transformers.RobertaConfig, transformers.RobertaForSequenceClassification, ENCODER),
    "camembert": (transformers.CamembertConfig, transformers.CamembertForSequenceClassification, ENCODER),
    "xlm-roberta": (transformers.XLMRobertaConfig, transformers.XLMRobertaForSequenceClassification, ENCODER),
    "bert": (transformers.BertConfig, transformers.BertForSequenceClassification, BERT),
    "gpt2": (transformers.GPT2Config, transformers.GPT2LMHeadModel, GPT2),
}


def randomize(model):
    """Weights large enough that softmax, GELU and LayerNorm all bend, and biases that are not zero."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            centre = 1.0 if parameter.dim() == 1 and name.endswith("weight") else 0.0
            parameter.copy_(centre + (0.4 if parameter.dim() == 2 else 0.2) * torch.randn_like(parameter))


def make_batch(config, lengths, is_decoder):
    """Right-padded random ids; labels are classes, or -100 on context and padding."""
    shape = (len(lengths), max(lengths))
    mask = torch.tensor([[int(t < length) for t in range(shape[1])] for length in lengths])
    pad = 0 if is_decoder else config.pad_token_id
    ids = torch.randint(7, config.vocab_size, shape)  # above every special token
    batch = {"input_ids": torch.where(mask == 1, ids, pad), "attention_mask": mask}
    if is_decoder:
        context = torch.tensor([[max(1, length // 3)] for length in lengths])
        scored = (mask == 1) & (torch.arange(shape[1]) >= context)
        batch["labels"] = torch.where(scored, batch["input_ids"], -100)
    else:
        if config.type_vocab_size > 1:
            batch["token_type_ids"] = torch.randint(0, config.type_vocab_size, shape) * mask
        batch["labels"] = torch.randint(0, config.num_labels, (shape[0],))
    return batch


def make_case(folder, kind, changes, lengths):
    config_class, model_class, base = MODELS[kind]
    config = config_class(**{**base, **changes}, attn_implementation="eager")
    model = model_class(config).eval()
    randomize(model)
    batch = make_batch(config, lengths, kind == "gpt2")
    output = model(**batch)
    output.loss.backward()
    expected = {name: tensor.contiguous() for name, tensor in batch.items()}
    expected["logits"], expected["loss"] = output.logits.detach(), output.loss.detach()
    for name, parameter in model.named_parameters():
        expected["grad." + name] = parameter.grad.contiguous()
    model.save_pretrained(folder)
    save_file(expected, folder / "expected.safetensors")
    for extra in folder.glob("generation_config.json"):
        extra.unlink()


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "tests" / "golden")
    for seed, (name, (kind, changes, lengths)) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        make_case(folder, kind, changes, lengths)
    size = sum(file.stat().st_size for file in root.rglob("*") if file.is_file())
    print(f"{len(CASES)} models, {size / 1e6:.2f} MB, transformers {transformers.__version__}, torch {torch.__version__}")


if __name__ == "__main__":
    main()
