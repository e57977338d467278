"""Whole models beside transformers: random configurations of every family with random weights, whose files are named, typed
and cut as files on the hub are."""
import json
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

from .common import ROOT, Pair, Refused, attempt, write_json
from .texts import compared, lines_of_corpora, made_up

BOUND = 2e-5  # float32: the same sums in another order
GOLDEN = ROOT / "tests/golden"
TYPES = {"bert": "Bert", "roberta": "Roberta", "camembert": "Camembert", "xlm-roberta": "XLMRoberta", "mpnet": "MPNet",
         "distilbert": "DistilBert", "modernbert": "ModernBert", "gpt2": "GPT2"}
# type: classes of transformers for its configuration and its language model
DECODERS = {"llama": ("Llama", "Llama"), "mistral": ("Mistral", "Mistral"), "qwen2": ("Qwen2", "Qwen2"), "qwen3": ("Qwen3", "Qwen3"),
            "gemma3_text": ("Gemma3Text", "Gemma3")}


def open_theirs(folder):
    """The model, and names that its file lacks."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    classifies = str((config.get("architectures") or [""])[0]).endswith("ForSequenceClassification")
    decoder = config.get("model_type") in ("gpt2", *DECODERS) and not classifies
    auto = transformers.AutoModelForCausalLM if decoder else transformers.AutoModelForSequenceClassification
    model, info = auto.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32, output_loading_info=True)
    return model.eval(), set(info["missing_keys"])


@torch.no_grad()
def theirs(model, sequences, types):
    rows = []
    for ids, kinds in zip(sequences, types):
        inputs = {"input_ids": torch.tensor([ids])}
        if getattr(model.config, "type_vocab_size", 1) > 1:
            inputs["token_type_ids"] = torch.tensor([kinds])
        logits = model(**inputs).logits
        rows.append(logits.reshape(-1, logits.shape[-1]))
    return torch.cat(rows).flatten().tolist()


def ours(session, folder, sequences, types, save=None):
    answer = session.models.one({"model": str(folder), "ids": sequences, "type_ids": types, **({"save": str(save)} if save else {})})
    return answer if isinstance(answer, Refused) else answer["values"]


def saved(session, _):
    """Every golden model through our save_pretrained(), then from_pretrained()."""
    with tempfile.TemporaryDirectory() as work:
        for folder in sorted(path.parent for path in GOLDEN.glob("*/expected.safetensors")):
            expected = load_file(folder / "expected.safetensors")
            lengths = expected["attention_mask"].sum(1).tolist()
            cut = lambda rows: [row[:n].tolist() for row, n in zip(rows, lengths)]
            sequences = cut(expected["input_ids"])
            types = cut(expected.get("token_type_ids", torch.zeros_like(expected["input_ids"])))
            got = ours(session, folder, sequences, types, Path(work) / folder.name)
            model, missing = open_theirs(Path(work) / folder.name)
            yield folder.name, [Pair("logits", theirs(model, sequences, types), got, BOUND), Pair("missing", set(), missing)]


def full_size(session, name, folder, sentences):
    """A real encoder on sentences of SST-2. It gets a head of transformers first, so that both sides have it."""
    torch.manual_seed(0)
    model, _ = open_theirs(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    lines = (session.data / "sst2/dev.tsv").read_text(encoding="utf-8").splitlines()[1:sentences + 1]
    sequences = [tokenizer(line.split("\t")[0])["input_ids"] for line in lines]
    types = [[0] * len(sequence) for sequence in sequences]
    with tempfile.TemporaryDirectory() as work:
        model.save_pretrained(work)
        pair = Pair("logits", theirs(model, sequences, types), ours(session, work, sequences, types), BOUND)
        print(f"{name}: largest difference {largest_difference(pair):.2g} of the largest logit")
        yield name, [pair]


def largest_difference(pair):
    return max(abs(a - b) for a, b in zip(pair.wanted, pair.got)) / max(map(abs, pair.wanted))


def minilm(session, _):
    yield from full_size(session, "MiniLM", session.minilm, 200)


def mpnet(session, cases):
    """Logits, and ids of all of SST-2 and of random texts, as MPNetTokenizer gives them."""
    folder = session.fetched / "all-mpnet-base-v2"
    yield from full_size(session, "MPNet", folder, 64)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    sst2 = [text for name, corpus in lines_of_corpora(session.data) if name == "SST-2" for text in corpus]
    for name, found in (("SST-2", sst2), ("random texts", list(made_up(cases, session.seed)))):
        wanted = tokenizer(found, return_token_type_ids=True, verbose=False)
        yield name, compared(session, folder, found, [list(pair) for pair in zip(wanted["input_ids"], wanted["token_type_ids"])])


def gemma(session, _):
    """Logits of all 262,144 words at each token of two texts."""
    folder = session.fetched / "gemma-3-270m"
    model, _ = open_theirs(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    sequences = [tokenizer(text)["input_ids"] for text in ("The Eagle is a cheap Italian restaurant", "It rains in Lisbon")]
    types = [[0] * len(sequence) for sequence in sequences]
    pair = Pair("logits", theirs(model, sequences, types), ours(session, folder, sequences, types), BOUND)
    print(f"Gemma 3 270M: largest difference {largest_difference(pair):.2g} of the largest logit")
    yield "Gemma", [pair]


# --- random models -------------------------------------------------------------------------------------------------
ACTIVATIONS = ["gelu", "gelu_new", "relu", "silu", "swish", "gelu_fast", "gelu_pytorch_tanh"] * 4 + [
    "tanh", "sigmoid", "mish", "quick_gelu", "linear", "gelu_python", "relu2", "leaky_relu", "relu6"]
DISTILBERT_NAMES = {"dim": "hidden_size", "n_heads": "num_attention_heads", "n_layers": "num_hidden_layers"}
GPT2_NAMES = {"n_embd": "hidden_size", "n_positions": "max_position_embeddings", "n_head": "num_attention_heads", "n_layer": "num_hidden_layers"}


def random_config(rng, kind):
    heads, layers = rng.randrange(1, 5), rng.randrange(1, 4)
    d, vocab, positions = heads * rng.randrange(1, 9), rng.randrange(12, 60), rng.randrange(14, 40)
    inner, eps = rng.randrange(1, 40), rng.choice([1e-12, 1e-5, 1e-5, 1e-3, 0.1])
    if kind == "gpt2":
        config = {"n_embd": d, "n_layer": layers, "n_head": heads, "n_positions": positions, "n_inner": rng.choice([None, inner]),
                  "activation_function": rng.choice(ACTIVATIONS), "layer_norm_epsilon": eps, "bos_token_id": 3, "eos_token_id": 3}
        for key in ("scale_attn_weights", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "tie_word_embeddings"):
            if rng.random() < 0.35:
                config[key] = rng.random() < 0.5
    elif kind == "modernbert":
        config = {"hidden_size": 2 * d, "num_hidden_layers": layers, "num_attention_heads": heads, "intermediate_size": inner, "norm_eps": eps,
                  "max_position_embeddings": positions, "hidden_activation": rng.choice(ACTIVATIONS), "classifier_activation": rng.choice(ACTIVATIONS),
                  "local_attention": rng.randrange(1, positions), "classifier_pooling": rng.choice(["cls", "mean"]), "num_labels": rng.choice([2, 3]),
                  "pad_token_id": rng.randrange(0, 4), "bos_token_id": 0, "eos_token_id": 2, "cls_token_id": 0, "sep_token_id": 2}
        config |= {key: rng.random() < 0.4 for key in ("norm_bias", "attention_bias", "mlp_bias", "classifier_bias")}
        if rng.random() < 0.4:
            config["layer_types"] = [rng.choice(["full_attention", "sliding_attention"]) for _ in range(layers)]
        if rng.random() < 0.6:
            config["rope_parameters"] = {layer: random_rotation(rng, positions, 1e4) for layer in ("full_attention", "sliding_attention")}
    elif kind == "distilbert":
        config = {"dim": d, "n_layers": layers, "n_heads": heads, "hidden_dim": inner, "max_position_embeddings": positions,
                  "activation": rng.choice(ACTIVATIONS), "sinusoidal_pos_embds": rng.random() < 0.3, "pad_token_id": rng.randrange(0, 4),
                  "num_labels": rng.choice([1, 2, 2, 3, 5]), "seq_classif_dropout": rng.choice([0.0, 0.2]), "qa_dropout": 0.3}
    else:
        config = {"hidden_size": d, "num_hidden_layers": layers, "num_attention_heads": heads, "intermediate_size": inner,
                  "max_position_embeddings": positions, "hidden_act": rng.choice(ACTIVATIONS), "layer_norm_eps": eps,
                  "type_vocab_size": rng.choice([1, 2, 2, 3]), "pad_token_id": rng.randrange(0, 4), "num_labels": rng.choice([1, 2, 2, 3, 5])}
        if kind == "mpnet":
            config["relative_attention_num_buckets"] = rng.choice([32] * 9 + [16])
            del config["type_vocab_size"]
        if rng.random() < 0.3:
            config["classifier_dropout"] = rng.choice([0.0, 0.3])
        if rng.random() < 0.2:
            config["tie_word_embeddings"] = rng.random() < 0.5
    return {"vocab_size": vocab, **config}


def random_rotation(rng, positions, base):
    base = {"rope_theta": rng.choice([base, 10.0 ** rng.uniform(0.5, 6)])}
    return rng.choice([{"rope_type": "default"}, {"rope_type": "linear", "factor": rng.uniform(1, 8)},
                       {"rope_type": "llama3", "factor": rng.uniform(1, 8), "low_freq_factor": 1.0, "high_freq_factor": rng.uniform(1.5, 4),
                        "original_max_position_embeddings": rng.randrange(2, positions)}]) | base


def random_decoder(rng, kind):
    kv, dim, layers, positions = rng.randrange(1, 4), 2 * rng.randrange(1, 8), rng.randrange(1, 4), rng.randrange(14, 60)
    heads = kv * rng.randrange(1, 4)
    config = {"vocab_size": rng.randrange(12, 60), "hidden_size": heads * (dim if kind == "qwen2" else rng.randrange(1, 7)), "num_hidden_layers": layers,
              "num_attention_heads": heads, "num_key_value_heads": kv, "intermediate_size": rng.randrange(1, 40), "max_position_embeddings": positions,
              "rms_norm_eps": rng.choice([1e-6, 1e-5, 0.1]), "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": rng.choice([None, 0, 3]),
              "tie_word_embeddings": rng.random() < 0.5}
    config["hidden_activation" if kind == "gemma3_text" else "hidden_act"] = rng.choice(ACTIVATIONS)
    if kind != "qwen2":
        config["head_dim"] = dim
    if kind in ("llama", "qwen3", "gemma3_text"):
        config["attention_bias"] = rng.random() < 0.4
    if kind == "llama":
        config["mlp_bias"] = rng.random() < 0.4
    window = rng.randrange(1, positions)
    if kind in ("mistral", "gemma3_text"):
        config["sliding_window"] = None if kind == "mistral" and rng.random() < 0.3 else window
    if kind.startswith("qwen") and rng.random() < 0.6:
        config |= {"use_sliding_window": True, "sliding_window": window, "max_window_layers": rng.randrange(0, layers + 1)}
    if kind == "gemma3_text":
        config |= {"sliding_window_pattern": rng.randrange(1, 4), "query_pre_attn_scalar": rng.randrange(1, 30)}
        config["rope_parameters"] = {"full_attention": random_rotation(rng, positions, 1e6), "sliding_attention": random_rotation(rng, positions, 1e4)}
    else:
        config["rope_parameters"] = random_rotation(rng, positions, 1e4)
    if kind in ("qwen2", "qwen3", "gemma3_text") and rng.random() < 0.3 and config.get("sliding_window"):
        config["layer_types"] = [rng.choice(["full_attention", "sliding_attention"]) for _ in range(layers)]
    return config


def edit_decoder(rng, config):
    """RoPE as config.json had it before transformers 5, and missing keys that have defaults."""
    rotation = config["rope_parameters"]
    if rng.random() < 0.4:
        del config["rope_parameters"]
        if "full_attention" in rotation:
            config["rope_local_base_freq"] = rotation["sliding_attention"]["rope_theta"]
            rotation = rotation["full_attention"]
        config["rope_theta"] = rotation.pop("rope_theta")
        if rotation["rope_type"] != "default":
            config["rope_scaling"] = {"type" if key == "rope_type" and rng.random() < 0.3 else key: value for key, value in rotation.items()}
    for key in ("rms_norm_eps", "pad_token_id", "tie_word_embeddings", "attention_bias", "hidden_act", "max_window_layers", "sliding_window_pattern"):
        if rng.random() < 0.05:
            config.pop(key, None)
    return config


def edit_config(rng, kind, config):
    """What hand-written and old config.json do."""
    if kind in DECODERS:
        return edit_decoder(rng, config)
    optional = {"gpt2": ["activation_function", "layer_norm_epsilon", "n_inner", "scale_attn_weights", "tie_word_embeddings"],
                "modernbert": ["hidden_activation", "norm_eps", "classifier_pooling", "norm_bias", "local_attention", "classifier_activation"],
                "distilbert": ["activation", "pad_token_id", "dropout", "seq_classif_dropout", "sinusoidal_pos_embds"]}.get(
        kind, ["hidden_act", "layer_norm_eps", "type_vocab_size", "pad_token_id", "bos_token_id", "eos_token_id", "classifier_dropout"])
    for key in optional:
        if rng.random() < 0.08:
            config.pop(key, None)
        elif rng.random() < 0.03:
            config[key] = None
    if rng.random() < 0.1:
        config.pop("architectures", None)
    if rng.random() < 0.1:
        config.update(rng.choice([{"num_labels": 3}, {"id2label": {"0": "a", "1": "b", "2": "c"}}, {"id2label": {"0": "a", "1": "b", "2": "c"}, "num_labels": 2},
                                  {"id2label": {"1": "a", "0": "b"}, "num_labels": 3}, {"id2label": {"0": "a", "5": "b"}}, {"id2label": {}}, {"id2label": None}]))
    if rng.random() < 0.1:
        config.update(rng.choice([{"position_embedding_type": "absolute"}, {"position_embedding_type": "relative_key"}, {"is_decoder": True},
                                  {"gradient_checkpointing": True}, {"made_up_key": 3}, {"torch_dtype": "float16"}, {"use_cache": False},
                                  {"_name_or_path": "x"}, {"output_attentions": True}, {"dtype": "bfloat16"}, {"return_dict": False},
                                  {"chunk_size_feed_forward": 3}, {"problem_type": "multi_label_classification"},
                                  {"transformers_weights": "other.safetensors"}, {"embedding_size": 5}, {"rope_scaling": None},
                                  {"per_layer_config": {"0": {"hidden_act": "relu"}}}, {"transformers_weights": "model.safetensors"}]))
    if kind == "modernbert" and rng.random() < 0.5:  # as before transformers 5
        rotations = config.pop("rope_parameters", None) or {}
        config |= {f"{name}_rope_theta": rotations.get(layer, {}).get("rope_theta", 99.0) for name, layer in (("global", "full_attention"), ("local", "sliding_attention"))}
        if config.pop("layer_types", None):
            config["global_attn_every_n_layers"] = rng.randrange(1, 4)
    names = {"gpt2": GPT2_NAMES, "distilbert": DISTILBERT_NAMES}.get(kind)
    if names and rng.random() < 0.1:
        for key, other in names.items():
            if rng.random() < 0.5:
                config[other] = config.pop(key)
    return config


def edit_tensors(rng, kind, tensors):
    """Names, types and more of other releases and other classes."""
    if rng.random() < 0.2 and kind != "gpt2" and kind not in DECODERS:
        tensors = {name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): t for name, t in tensors.items()}
    prefix = {"gpt2": "transformer.", "bert": "bert.", "mpnet": "mpnet.", "distilbert": "distilbert.", "modernbert": "model.", **dict.fromkeys(DECODERS, "model.")}.get(
        kind, "roberta.")
    if rng.random() < 0.2:  # of the bare model
        head = rng.random() < 0.5
        tensors = {name.removeprefix(prefix): t for name, t in tensors.items() if head or name.startswith(prefix)}
    for name, tensor in list(tensors.items()):
        if name.endswith("word_embeddings.weight") and rng.random() < 0.1:
            tensors["lm_head.decoder.weight"], tensors["lm_head.bias"] = tensor.clone(), tensor[:, 0].clone()
        if name.endswith("attn.c_attn.bias") and rng.random() < 0.1:
            tensors[name.replace("c_attn.bias", "bias")] = torch.ones(1, 1, 4, 4)
            tensors[name.replace("c_attn.bias", "masked_bias")] = torch.tensor(-1e4)
    if rng.random() < 0.1:
        tensors["embeddings.position_ids" if rng.random() < 0.5 else prefix + "embeddings.position_ids"] = torch.arange(10)[None]
    if rng.random() < 0.1:
        tensors["cls.seq_relationship.weight"] = torch.ones(2, 3)
    if (kind == "gpt2" or kind in DECODERS) and not any(name.endswith("score.weight") for name in tensors):
        edit_head(rng, tensors)
    if rng.random() < 0.07:
        del tensors[rng.choice(sorted(tensors))]
    if rng.random() < 0.07:
        name = rng.choice(sorted(tensors))
        tensors[name] = tensors[name].transpose(0, -1).contiguous() if tensors[name].dim() else torch.ones(2)
    types = rng.choice([[torch.float32], [torch.float32], [torch.float16], [torch.bfloat16], [torch.float64], [torch.float16, torch.float32, torch.bfloat16]])
    return {name: t if not t.is_floating_point() else t.to(rng.choice(types)) for name, t in tensors.items()}


def edit_head(rng, tensors):
    """One of table and head, both alike, both of their own."""
    table = next(name for name in tensors if name.endswith(("wte.weight", "embed_tokens.weight")))
    head = tensors.get("lm_head.weight", tensors[table]).clone()
    choice = rng.randrange(6)
    if choice == 0:
        tensors["lm_head.weight"] = head
    elif choice == 1:
        tensors["lm_head.weight"] = torch.randn_like(head)
    elif choice == 2:
        tensors["lm_head.weight"] = head
        del tensors[table]
    elif choice == 3:
        tensors.pop("lm_head.weight", None)


def save_model(rng, kind, folder):
    config_type, model_type = DECODERS.get(kind) or (TYPES[kind], TYPES[kind])
    completes = kind in DECODERS or kind == "gpt2"
    if completes and rng.random() < 0.2:
        completes, model_type = False, config_type
    name = model_type + ("LMHeadModel" if completes and kind == "gpt2" else "ForCausalLM" if completes else "ForSequenceClassification")
    keys = random_decoder(rng, kind) if kind in DECODERS else random_config(rng, kind)
    config = getattr(transformers, config_type + "Config")(**keys, attn_implementation="eager")
    torch.manual_seed(rng.randrange(1 << 30))
    model = getattr(transformers, name)(config)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            centre = 1.0 if parameter.dim() == 1 and parameter_name.endswith("weight") else 0.0
            parameter.copy_(centre + 0.3 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def random_batch(rng, folder):
    config = json.loads((folder / "config.json").read_text("utf-8"))
    most = (config.get("n_positions") or config.get("max_position_embeddings") or 14) - 5
    lengths = [rng.randrange(1, max(2, most)) for _ in range(3)]
    ids = [[rng.randrange(4, config["vocab_size"]) for _ in range(length)] for length in lengths]
    # of a family that never sees one type's number, all are 0
    types = config.get("type_vocab_size", 1) or 1
    return ids, [[rng.randrange(types) for _ in range(length)] for length in lengths]


def compare(session, rng, folder):
    """Logits of a folder; where transformers draws what the file lacks, the names of it."""
    found = attempt(lambda: open_theirs(folder))
    sequences, types = random_batch(rng, folder)
    if isinstance(found, Refused):
        return [Pair("transformers refuses it", found, ours(session, folder, sequences, types))]
    model, missing = found
    answer = session.models.one({"model": str(folder), "ids": sequences, "type_ids": types})
    if isinstance(answer, Refused):
        return [Pair("logits", "transformers reads it" + (f", without {sorted(missing)}" if missing else ""), answer)]
    if missing:
        return [Pair("newly initialised", sorted(missing), sorted(answer["new"]))]
    wanted = attempt(lambda: theirs(model, sequences, types))
    return None if isinstance(wanted, Refused) else [Pair("logits", wanted, answer["values"], BOUND)]


def case(session, rng, folder):
    kind = rng.choice([*TYPES, "gpt2", *DECODERS])
    save_model(rng, kind, folder)
    config_file, file = folder / "config.json", folder / "model.safetensors"
    write_json(config_file, edit_config(rng, kind, json.loads(config_file.read_text("utf-8"))))
    save_file({name: t.contiguous() for name, t in edit_tensors(rng, kind, load_file(file)).items()}, file,
              rng.choice([{"format": "pt"}, {"format": "pt"}, {"format": "np"}, {"made": "up"}, None]))
    return compare(session, rng, folder)
