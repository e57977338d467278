#!/usr/bin/env python3
"""Makes tests/golden/: tiny random models of transformers with the logits, the loss and every gradient
that transformers computes for them. The C++ tests (tests/model/golden_test.cpp) hold ours against these.

    .venv/bin/python scripts/make_golden.py [folder [case …]]      # default: tests/golden, all

One folder a configuration: config.json, model.safetensors, expected.safetensors (input_ids, attention_mask,
token_type_ids, labels, logits, loss, and "grad.NAME" for each parameter). Seeds are fixed: running it again
with the same versions of torch and transformers gives the same files.
"""
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
import transformers
from safetensors.torch import save_file

ENCODER = dict(vocab_size=29, hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20,
               max_position_embeddings=24, type_vocab_size=1, num_labels=2, layer_norm_eps=1e-5, pad_token_id=1,
               bos_token_id=0, eos_token_id=2)
BERT = {**ENCODER, "type_vocab_size": 2, "pad_token_id": 0, "layer_norm_eps": 1e-12, "bos_token_id": None,
        "eos_token_id": None}
MPNET = {key: value for key, value in ENCODER.items() if key != "type_vocab_size"}
DISTILBERT = dict(vocab_size=29, dim=12, n_layers=2, n_heads=3, hidden_dim=20, max_position_embeddings=24, num_labels=2, pad_token_id=0)
MODERNBERT = dict(vocab_size=29, hidden_size=12, num_hidden_layers=4, num_attention_heads=3, intermediate_size=20, max_position_embeddings=40,
                  num_labels=2, pad_token_id=1, bos_token_id=0, eos_token_id=2, cls_token_id=0, sep_token_id=2, local_attention=6)
GPT2 = dict(vocab_size=29, n_embd=12, n_layer=2, n_head=3, n_positions=20, bos_token_id=28, eos_token_id=28)
LLAMA = dict(vocab_size=29, hidden_size=18, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1, intermediate_size=22,
             max_position_embeddings=40, bos_token_id=1, eos_token_id=2)
GEMMA = {**LLAMA, "head_dim": 8, "sliding_window": 4, "query_pre_attn_scalar": 11, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
LINEAR = dict(rope_type="linear", rope_theta=500.0, factor=2.5)
LLAMA3 = dict(rope_type="llama3", rope_theta=1000.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=24)

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
    "gpt2-untied": ("gpt2", dict(tie_word_embeddings=False), [5, 9]),
    "gpt2-classifier": ("gpt2-classifier", dict(pad_token_id=0, num_labels=3), [6, 9, 1, 4]),
    "llama": ("llama", {}, [6, 9, 4]),
    "llama-biases": ("llama", dict(attention_bias=True, mlp_bias=True, num_key_value_heads=3, tie_word_embeddings=True, hidden_act="gelu",
                                   rope_parameters=LINEAR), [12, 5, 7]),
    "llama-scaled": ("llama", dict(num_attention_heads=6, num_key_value_heads=2, head_dim=8, pad_token_id=3, rope_parameters=LLAMA3), [40, 3, 29]),
    "llama-classifier": ("llama-classifier", dict(pad_token_id=0, num_labels=3), [5, 8, 1, 8]),
    "mistral": ("mistral", dict(sliding_window=5), [14, 3, 9, 21]),
    "mistral-full": ("mistral", dict(sliding_window=None, head_dim=10, num_key_value_heads=3, tie_word_embeddings=True), [7, 7]),
    "mistral-linear": ("mistral", dict(sliding_window=2, num_attention_heads=6, num_key_value_heads=2, head_dim=4, rope_parameters=LINEAR), [5, 11]),
    "qwen2": ("qwen2", dict(hidden_size=24, num_attention_heads=4, num_key_value_heads=2), [6, 13, 2]),
    "qwen2-window": ("qwen2", dict(num_hidden_layers=3, use_sliding_window=True, sliding_window=4, max_window_layers=1), [17, 6, 9]),
    "qwen2-types": ("qwen2", dict(num_key_value_heads=3, use_sliding_window=True, sliding_window=3, tie_word_embeddings=True,
                                  layer_types=["sliding_attention", "full_attention"], rope_parameters=LLAMA3), [4, 19]),
    "qwen3": ("qwen3", dict(head_dim=8), [6, 9, 4]),
    "qwen3-biases": ("qwen3", dict(head_dim=4, attention_bias=True, num_key_value_heads=3, tie_word_embeddings=True), [10, 3, 7]),
    "qwen3-window": ("qwen3", dict(head_dim=6, use_sliding_window=True, sliding_window=3, max_window_layers=0, rope_parameters=LINEAR), [15, 2, 8]),
    "qwen3-classifier": ("qwen3-classifier", dict(head_dim=4, pad_token_id=0, num_labels=2), [5, 2, 7]),
    "gemma3": ("gemma3", dict(num_hidden_layers=7), [13, 5, 8]),
    "gemma3-pattern": ("gemma3", dict(num_hidden_layers=3, sliding_window_pattern=2, attention_bias=True, tie_word_embeddings=False,
                                      rope_parameters=dict(full_attention=LINEAR, sliding_attention=dict(rope_type="default", rope_theta=77.0))),
                       [11, 4, 16]),
    "gemma3-types": ("gemma3", dict(num_key_value_heads=3, layer_types=["full_attention", "sliding_attention"], hidden_activation="silu",
                                    sliding_window=3), [9, 2]),
    "gemma3-classifier": ("gemma3-classifier", dict(num_labels=4), [6, 3, 9]),
    "mpnet": ("mpnet", {}, [5, 9, 3, 7]),
    "mpnet-far": ("mpnet", dict(max_position_embeddings=180, num_hidden_layers=1, hidden_act="relu"), [150, 4, 170, 77]),
    "mpnet-odd": ("mpnet", dict(hidden_size=15, num_attention_heads=5, intermediate_size=7, num_labels=3, pad_token_id=5), [1, 22, 6]),
    "distilbert": ("distilbert", {}, [5, 8, 2, 8]),
    "distilbert-odd": ("distilbert", dict(dim=15, n_heads=5, hidden_dim=7, num_labels=5, n_layers=1), [1, 24, 6]),
    "distilbert-sinusoidal": ("distilbert", dict(sinusoidal_pos_embds=True, activation="relu", pad_token_id=3), [7, 3, 11]),
    "modernbert": ("modernbert", {}, [17, 5, 30, 9]),
    "modernbert-biases": ("modernbert", dict(norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True, classifier_pooling="mean",
                                             num_labels=3, hidden_activation="silu", global_attn_every_n_layers=2), [1, 21, 8]),
    "modernbert-mean": ("modernbert", dict(hidden_size=16, num_attention_heads=2, num_hidden_layers=3, local_attention=9, classifier_pooling="mean",
                                           classifier_activation="relu", norm_eps=1e-3,
                                           layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                                           rope_parameters=dict(full_attention=LINEAR, sliding_attention=dict(rope_type="default", rope_theta=77.0))),
                        [40, 3, 40, 13]),
}
MODELS = {
    "roberta": (transformers.RobertaConfig, transformers.RobertaForSequenceClassification, ENCODER),
    "camembert": (transformers.CamembertConfig, transformers.CamembertForSequenceClassification, ENCODER),
    "xlm-roberta": (transformers.XLMRobertaConfig, transformers.XLMRobertaForSequenceClassification, ENCODER),
    "bert": (transformers.BertConfig, transformers.BertForSequenceClassification, BERT),
    "mpnet": (transformers.MPNetConfig, transformers.MPNetForSequenceClassification, MPNET),
    "modernbert": (transformers.ModernBertConfig, transformers.ModernBertForSequenceClassification, MODERNBERT),
    "distilbert": (transformers.DistilBertConfig, transformers.DistilBertForSequenceClassification, DISTILBERT),
    "gpt2": (transformers.GPT2Config, transformers.GPT2LMHeadModel, GPT2),
    "gpt2-classifier": (transformers.GPT2Config, transformers.GPT2ForSequenceClassification, GPT2),
    "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM, LLAMA),
    "llama-classifier": (transformers.LlamaConfig, transformers.LlamaForSequenceClassification, LLAMA),
    "mistral": (transformers.MistralConfig, transformers.MistralForCausalLM, LLAMA),
    "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM, LLAMA),
    "qwen3": (transformers.Qwen3Config, transformers.Qwen3ForCausalLM, LLAMA),
    "qwen3-classifier": (transformers.Qwen3Config, transformers.Qwen3ForSequenceClassification, LLAMA),
    "gemma3": (transformers.Gemma3TextConfig, transformers.Gemma3ForCausalLM, GEMMA),
    "gemma3-classifier": (transformers.Gemma3TextConfig, transformers.Gemma3TextForSequenceClassification, GEMMA),
}


def randomize(model):
    """Weights large enough that softmax, GELU and LayerNorm all bend, and biases that are not zero."""
    kind = model.config.model_type
    one = 0.0 if kind == "gemma3_text" else 1.0  # Gemma adds it
    spread = 0.4 if kind in ("roberta", "camembert", "xlm-roberta", "bert", "gpt2") else 0.25
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            centre = one if parameter.dim() == 1 and name.endswith("weight") else 0.0
            parameter.copy_(centre + (spread if parameter.dim() == 2 else 0.2) * torch.randn_like(parameter))


def make_batch(config, lengths, completes):
    """Right-padded random ids; labels are classes, or -100 on context and padding."""
    shape = (len(lengths), max(lengths))
    mask = torch.tensor([[int(t < length) for t in range(shape[1])] for length in lengths])
    pad = 0 if completes else config.pad_token_id
    ids = torch.randint(7, config.vocab_size, shape)  # above every special token
    batch = {"input_ids": torch.where(mask == 1, ids, pad), "attention_mask": mask}
    if completes:
        context = torch.tensor([[max(1, length // 3)] for length in lengths])
        scored = (mask == 1) & (torch.arange(shape[1]) >= context)
        batch["labels"] = torch.where(scored, batch["input_ids"], -100)
    else:
        if getattr(config, "type_vocab_size", 1) > 1:
            batch["token_type_ids"] = torch.randint(0, config.type_vocab_size, shape) * mask
        batch["labels"] = torch.randint(0, config.num_labels, (shape[0],))
    return batch


def make_case(folder, kind, changes, lengths):
    config_class, model_class, base = MODELS[kind]
    config = config_class(**{**base, **changes}, attn_implementation="eager")
    model = model_class(config).eval()
    randomize(model)
    batch = make_batch(config, lengths, model_class.__name__.endswith(("LMHeadModel", "CausalLM")))
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


def rms_norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


MADE_UP = dict(model_type="made-up", vocab_size=29, hidden_size=12, num_hidden_layers=2, num_attention_heads=3,
               intermediate_size=20, max_position_embeddings=24, num_labels=3, rms_norm_eps=1e-5, pad_token_id=1,
               bos_token_id=0, eos_token_id=2, relative_buckets=8, relative_distance=12, initializer_range=0.4)


def made_up_parameters(c):
    """Names and shapes as tests/model/made_up_family_test.cpp declares them."""
    d, inner = c["hidden_size"], c["intermediate_size"]
    shapes = {"made_up.embeddings.word_embeddings.weight": (c["vocab_size"], d),
              "made_up.embeddings.position_embeddings.weight": (c["max_position_embeddings"], d),
              "made_up.embeddings.LayerNorm.weight": (d,),
              "made_up.encoder.relative_attention_bias.weight": (c["relative_buckets"], c["num_attention_heads"])}
    linears = {"classifier.dense": (d, d), "classifier.out_proj": (c["num_labels"], d)}
    for layer in range(c["num_hidden_layers"]):
        name = f"made_up.encoder.layer.{layer}."
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            linears[name + part] = (d, d)
        linears[name + "intermediate.dense"], linears[name + "output.dense"] = (inner, d), (d, inner)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[name + part + ".weight"] = (d,)
    for name, shape in linears.items():
        shapes[name + ".weight"], shapes[name + ".bias"] = shape, shape[:1]
    centre = {name: 1.0 if name.endswith("LayerNorm.weight") else 0.0 for name in shapes}
    return {name: (centre[name] + 0.4 * torch.randn(shape)).requires_grad_() for name, shape in shapes.items()}


def made_up_logits(p, c, ids, mask):
    """RoBERTa with RMSNorm, one relative bias for all layers and no token types."""
    linear = lambda name, x: torch.nn.functional.linear(x, p[name + ".weight"], p[name + ".bias"])
    norm = lambda name, x: rms_norm(x, p[name + ".weight"], c["rms_norm_eps"])
    heads, length = c["num_attention_heads"], ids.shape[1]
    split = lambda x: x.view(*x.shape[:2], heads, -1).transpose(1, 2)
    places = torch.arange(length)
    buckets = transformers.models.mpnet.modeling_mpnet.MPNetEncoder.relative_position_bucket(
        places[None, :] - places[:, None], num_buckets=c["relative_buckets"], max_distance=c["relative_distance"])
    bias = p["made_up.encoder.relative_attention_bias.weight"][buckets].permute(2, 0, 1)
    hidden = torch.zeros(mask.shape).masked_fill(mask == 0, float("-inf"))[:, None, None, :]
    positions = torch.cumsum(mask, 1) * mask + c["pad_token_id"]
    x = p["made_up.embeddings.word_embeddings.weight"][ids] + p["made_up.embeddings.position_embeddings.weight"][positions]
    x = norm("made_up.embeddings.LayerNorm", x)
    for layer in range(c["num_hidden_layers"]):
        name = f"made_up.encoder.layer.{layer}."
        q, k, v = (split(linear(name + "attention.self." + part, x)) for part in ("query", "key", "value"))
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5 + bias + hidden
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape)
        x = norm(name + "attention.output.LayerNorm", linear(name + "attention.output.dense", mixed) + x)
        inner = torch.nn.functional.gelu(linear(name + "intermediate.dense", x))
        x = norm(name + "output.LayerNorm", linear(name + "output.dense", inner) + x)
    return linear("classifier.out_proj", torch.tanh(linear("classifier.dense", x[:, 0])))


def make_made_up(folder):
    """No family of transformers: what a declaration of parts gives, beside the same in plain PyTorch."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(99)
    parameters = made_up_parameters(MADE_UP)
    config = SimpleNamespace(**MADE_UP, type_vocab_size=1)
    batch = make_batch(config, [5, 21, 3, 11], completes=False)
    logits = made_up_logits(parameters, MADE_UP, batch["input_ids"], batch["attention_mask"])
    loss = torch.nn.functional.cross_entropy(logits, batch["labels"])
    loss.backward()
    expected = {**batch, "logits": logits.detach(), "loss": loss.detach()}
    expected.update({"grad." + name: parameter.grad for name, parameter in parameters.items()})
    save_file({name: tensor.contiguous() for name, tensor in expected.items()}, folder / "expected.safetensors")
    save_file({name: parameter.detach() for name, parameter in parameters.items()}, folder / "model.safetensors",
              metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(MADE_UP, indent=2) + "\n")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "tests" / "golden")
    chosen = sys.argv[2:] or [*CASES, "made-up"]
    for seed, (name, (kind, changes, lengths)) in enumerate(CASES.items()):
        if name not in chosen:
            continue
        torch.manual_seed(seed)
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        make_case(folder, kind, changes, lengths)
    if "made-up" in chosen:
        make_made_up(root / "architectures" / "made-up")
    size = sum(file.stat().st_size for file in root.rglob("*") if file.is_file())
    print(f"{len(chosen)} models, {size / 1e6:.2f} MB, transformers {transformers.__version__}, torch {torch.__version__}")


if __name__ == "__main__":
    main()
