"""Small random tokenizer folders (classes, keys of tokenizer_config.json, special_tokens_map.json, added_tokens.json) beside
transformers' AutoTokenizer: ids, types, decoded texts."""
import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer

from .common import Pair, Refused, attempt

WORDS = ["the", "cat", "sat", "on", "mat", "Good", "good", "film", "!", "\u00e9t\u00e9", "ete", "\u5b57"]
CLASSES = {"bert": ["BertTokenizer", "BertTokenizerFast", "ElectraTokenizer", "DistilBertTokenizer"], "gpt2": ["GPT2Tokenizer", "GPT2TokenizerFast"],
           "roberta": ["RobertaTokenizer", "RobertaTokenizerFast", "BartTokenizer"], "camembert": ["CamembertTokenizer"],
           "xlm-roberta": ["XLMRobertaTokenizer", "XLMRobertaTokenizerFast"], "distilbert": ["DistilBertTokenizer", "BertTokenizer"],
           "mpnet": ["MPNetTokenizer", "MPNetTokenizerFast"], "modernbert": ["PreTrainedTokenizerFast", "BertTokenizer"],
           "llama": ["LlamaTokenizer", "LlamaTokenizerFast"], "mistral": ["LlamaTokenizer", "LlamaTokenizerFast"],
           "qwen2": ["Qwen2Tokenizer", "Qwen2TokenizerFast"], "qwen3": ["Qwen2Tokenizer", "Qwen2TokenizerFast"],
           "gemma3_text": ["GemmaTokenizer", "GemmaTokenizerFast"]}
# The kind of file that each model has.
KINDS = {"distilbert": "bert", "modernbert": "gpt2", "mistral": "llama", "qwen2": "qwen", "qwen3": "qwen", "gemma3_text": "gemma"}
OTHER_CLASSES = ["BertJapaneseTokenizer", "BertweetTokenizer", "T5Tokenizer", "AlbertTokenizer", "DebertaV2Tokenizer",
                 "XLNetTokenizer", "OpenAIGPTTokenizer", "MadeUpTokenizer"]
# Keys that ask for nothing where only ids are wanted.
HARMLESS = {"model_max_length": 6, "padding_side": "left", "errors": "strict", "trim_offsets": False, "never_split": ["cat"], "use_fast": False,
            "sp_model_kwargs": {}, "model_input_names": ["input_ids"], "name_or_path": "x", "chat_template": "x", "unknown_key": 3,
            "wordpieces_prefix": "@@", "max_length": 4, "stride": 2, "truncation_strategy": "longest_first", "verbose": False, "backend": "tokenizers",
            "is_local": True, "added_tokens_decoder": {}, "processor_class": "X", "special_tokens_map_file": None, "tokenizer_file": None}
NAMED = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]
CONTENTS = ["<new>", "[name]", "<s>", "</s>", "<mask>", "[MASK]", "[SEP]", "[PAD]", "Xy", "cat", "<|endoftext|>"]


def base_tokenizer(family, rng):
    """A tokenizer of that family as a tokenizer.json would hold it; some of its special tokens may be missing."""
    family = KINDS.get(family, family)
    if family in ("bert", "mpnet"):
        words = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] if family == "bert" else ["<pad>", "[UNK]", "<s>", "</s>", "<mask>"])
        words += WORDS + ["##s", "##t"]
        if rng.random() < 0.3:
            words.remove(rng.choice([words[0], words[2], words[3], words[4]]))
        tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=rng.random() < 0.5)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        special, ends = words[:4], ("[CLS]", "[SEP]") if family == "bert" else ("<s>", "</s>")
    elif family in ("llama", "gemma"):
        special = ["<unk>", "<s>", "</s>"] if family == "llama" else ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
        merges = [("t", "h"), ("th", "e"), ("\u2581", "the"), ("c", "a"), ("ca", "t"), ("\u2581", "cat"), ("o", "o"), ("\u2581", "\u2581")]
        letters = sorted({letter for word in WORDS[:8] for letter in word} | {"\u2581", "<", "n", "'"})
        words = special + [f"<0x{byte:02X}>" for byte in range(256)] * (rng.random() < 0.8) + letters + ["".join(merge) for merge in merges]
        tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges, unk_token="<unk>", fuse_unk=rng.random() < 0.7,
                                         byte_fallback=rng.random() < 0.8))
        replace = normalizers.Replace(" ", "\u2581")
        tokenizer.normalizer = replace if family == "gemma" else normalizers.Sequence([normalizers.Prepend("\u2581"), replace])
        steps = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
        tokenizer.decoder = decoders.Sequence(steps + [decoders.Strip(" ", 1, 0)] * (family == "llama"))
        ends = (special[1], special[2])
    elif family in ("gpt2", "roberta", "qwen"):
        special = ["<|endoftext|>"] if family != "roberta" else ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        if rng.random() < 0.3:
            special.remove(rng.choice(special))
        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        merges = [("t", "h"), ("th", "e"), ("c", "a"), ("ca", "t"), ("\u0120", "the"), ("\u0120", "cat"), ("o", "o")]
        words = special + letters + ["".join(merge) for merge in merges]
        tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=rng.random() < 0.3)
        if family == "qwen" or rng.random() < 0.2:
            tokenizer.normalizer = normalizers.NFC()
            tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"\p{N}|\p{L}+|[^\p{N}\p{L}]"), "isolated"),
                                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        tokenizer.decoder = decoders.ByteLevel()
        ends = ("<s>", "</s>")
    else:
        special = ["<s>", "<pad>", "</s>", "<unk>"]
        if family == "camembert":
            special = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"]
        pieces = ["\u2581", *"thecasonmgdfil!", "\u2581the", "\u2581cat", "good", "film"]
        vocab = [(word, 0.0) for word in special] + [(piece, -float(i)) for i, piece in enumerate(pieces)]
        tokenizer = Tokenizer(models.Unigram(vocab + [("<mask>", 0.0)] * (rng.random() < 0.7), unk_id=3))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
        tokenizer.decoder = decoders.Metaspace()
        ends = ("<s>", "</s>")
    tokenizer.add_special_tokens(special)
    if rng.random() < 0.5:
        tokenizer.add_tokens([AddedToken(rng.choice(CONTENTS), lstrip=rng.random() < 0.3, normalized=rng.random() < 0.5)])
    if all(end in special for end in ends) and rng.random() < 0.7:
        first, last = ends
        tokenizer.post_processor = processors.TemplateProcessing(
            f"{first} $A {last}", f"{first} $A {last} $B:1 {last}:1", [(e, tokenizer.token_to_id(e)) for e in ends])
    if rng.random() < 0.3:
        tokenizer.enable_truncation(9, direction=rng.choice(["left", "right"]))
    return tokenizer


def random_token(rng, typed):
    content = rng.choice(CONTENTS)
    if rng.random() < 0.6:
        return content
    flags = {flag: rng.random() < 0.3 for flag in ("lstrip", "rstrip", "single_word", "normalized")}
    return {"content": content, **flags, **({"__type": "AddedToken"} if typed else {})}


def random_settings(rng):
    config = {}
    for key in ("add_prefix_space", "do_lower_case", "strip_accents", "tokenize_chinese_chars", "add_bos_token", "add_eos_token",
                "split_special_tokens", "clean_up_tokenization_spaces", "do_basic_tokenize", "legacy"):
        if rng.random() < 0.25:
            config[key] = rng.random() < 0.5
    for key in rng.sample(sorted(HARMLESS), rng.choice([0, 0, 1, 2])):
        config[key] = HARMLESS[key]
    if rng.random() < 0.3:
        config["truncation_side"] = rng.choice(["left", "right"])
    for key in NAMED + ["image_token", "a_token"]:
        if rng.random() < 0.15:
            config[key] = random_token(rng, True)
    if rng.random() < 0.2:
        config[rng.choice(["additional_special_tokens", "extra_special_tokens"])] = [random_token(rng, True) for _ in range(2)]
    files = {}
    if rng.random() < 0.3:
        config["added_tokens_decoder"] = {
            str(rng.randrange(0, 400)): {"content": content, "special": rng.random() < 0.5, "normalized": rng.random() < 0.5,
                                         "lstrip": rng.random() < 0.3} for content in rng.sample(CONTENTS, 2)}
    if rng.random() < 0.3:
        files["special_tokens_map.json"] = {key: random_token(rng, False) for key in rng.sample(NAMED + ["b_token"], 2)}
        if rng.random() < 0.3:
            files["special_tokens_map.json"]["additional_special_tokens"] = rng.sample(CONTENTS, 2)
    if rng.random() < 0.3:
        files["added_tokens.json"] = {content: rng.randrange(0, 400) for content in rng.sample(CONTENTS, 2)}
    return config, files


def random_folder(folder, rng):
    family = rng.choice(list(CLASSES))
    tokenizer = base_tokenizer(family, rng)
    config, files = random_settings(rng)
    model_type = {"model_type": family}
    if rng.random() < 0.6:
        name = rng.choice(CLASSES[family] + ["PreTrainedTokenizerFast", "TokenizersBackend"] + OTHER_CLASSES * (rng.random() < 0.1))
        (config if rng.random() < 0.8 else model_type)["tokenizer_class"] = name
    files["config.json"] = model_type
    if config or rng.random() < 0.5:
        files["tokenizer_config.json"] = config
    document = json.loads(tokenizer.to_str())
    vocab = document["model"]["vocab"]
    legacy = family in ("bert", "gpt2", "roberta", "qwen2", "qwen3", "mpnet", "distilbert") and rng.random() < 0.4
    end = rng.choice(["\n"] * 6 + ["\r\n", " \n"])
    if legacy and KINDS.get(family, family) in ("bert", "mpnet"):
        words = list(vocab) + rng.choice([[], [], [], ["cat"], [""], ["\u3000x"]])
        files["vocab.txt"] = "".join(word + end for word in words).removesuffix(rng.choice(["", "", "\n"]))
    elif legacy:
        files["vocab.json"] = vocab
        lines = rng.choice([["#version: 0.2"]] * 6 + [[], ["# made by hand"]]) + [f"{a} {b}" for a, b in document["model"]["merges"]]
        lines += rng.choice([[], [], [], [""], [lines[-1]], ["c a t"], ["c zz"], ["#x y"]])
        files["merges.txt"] = "".join(line + end for line in lines).removesuffix(rng.choice(["", "", "\n"]))
    else:
        for token in document["added_tokens"]:
            token["id"] += rng.choice([0, 0, 0, 5])
        files["tokenizer.json"] = document
    for name, content in files.items():
        (folder / name).write_bytes((content if isinstance(content, str) else json.dumps(content)).encode())
    return files


def ask_theirs(folder, requests):
    """Answers of transformers, with the ids to decode put into the requests."""
    theirs = AutoTokenizer.from_pretrained(folder)
    answers = [type(theirs).__name__]
    for ask, decode in zip(requests[::2], requests[1::2]):
        out = theirs(ask["text"], ask.get("pair"), add_special_tokens=ask["special"], return_token_type_ids=True,
                     truncation="max_length" in ask, max_length=ask.get("max_length"))
        decode["ids"] = out["input_ids"]
        answers += [[out["input_ids"], out["token_type_ids"] if any(out["token_type_ids"]) else 0], theirs.decode(out["input_ids"], skip_special_tokens=decode["skip"])]
    return answers


def case(session, rng, folder):
    files = random_folder(folder, rng)
    requests = []
    for _ in range(8):
        text = "".join(rng.choice([*WORDS, *CONTENTS, " ", " ", "  ", " n't", " ."]) for _ in range(12))
        requests.append({"text": text, "special": rng.random() < 0.8, **rng.choice([{}, {"pair": "the cat<new>"}, {"max_length": 7}])})
        requests.append({"skip": rng.random() < 0.5})
    wanted = attempt(lambda: ask_theirs(folder, requests))
    if isinstance(wanted, Refused):
        return None
    opened = session.texts.one({"tokenizer": str(folder)})
    said = {name: value for name, value in files.items() if name not in ("tokenizer.json", "vocab.json", "vocab.txt", "merges.txt")}
    if isinstance(opened, Refused):
        return [Pair([wanted[0], said], wanted[1], opened)]
    got = session.texts.ask(requests)
    return [Pair([wanted[0], said, *pair[:1]], *pair[1:]) for pair in zip(requests, wanted[1:], got)]
