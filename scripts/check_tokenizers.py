#!/usr/bin/env python3
"""Compares our tokenizers with the `tokenizers` and `sentencepiece` libraries, id by id, and prints the counts.

    python scripts/check_tokenizers.py --tool build/release/bin/eida_tokenize_lines --data DIR [--minilm DIR]
        [--random 100000] [--seed 0] [--only random,corpora,pairs,decode,variants,sentencepiece]
    python scripts/check_tokenizers.py --tool … --only settings [--folders 300] [--seed 0]

Texts: every line of SST-2 and E2E (whole and in parts), and random Unicode strings from all planes, with combining
marks, odd white space, control characters and pieces of added tokens. `settings`: small random folders (classes, keys of
tokenizer_config.json, special_tokens_map.json, added_tokens.json) beside transformers' AutoTokenizer; folders that it
cannot load are left out. Exit code 1 when anything differs.
"""
import argparse
import json
import random
import struct
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

ROOT = Path(__file__).resolve().parent.parent
failures = 0


# --- texts ---------------------------------------------------------------------------------------------------
def corpora(data):
    texts = []
    for split in ("train", "dev", "test"):
        column = 1 if split == "test" else 0
        for line in (data / "sst2" / f"{split}.tsv").read_text("utf-8").split("\n")[1:]:
            if line:
                texts.append(line.split("\t")[column])
    yield "SST-2", texts
    lines = []
    for split in ("train", "valid", "test"):
        lines += [line for line in (data / "e2e-lora" / f"{split}.txt").read_text("utf-8").split("\n") if line]
    parts = [part for line in lines for part in line.split("||")]
    references = [" " + line.split("||")[1] for line in lines if "||" in line]
    yield "E2E", lines + sorted(set(parts)) + sorted(set(references))


ODD = [0x180E, 0x85, 0xA0, 0xAD, 0x200B, 0x200C, 0x200D, 0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF, 0xFFFC,
       0xFFFD, 0xFFFE, 0xFFFF, 0x1680, 0x130, 0x131, 0x3A3, 0x3C2, 0x1E9E, 0xDF, 0x149, 0x1F0, 0x345, 0x344, 0x340,
       0x2126, 0x212B, 0xFB01, 0x1D15E, 0x10FFFF, 0xE000, 0xE0001, 0xE0100, 0x1F468, 0x1F3FD, 0x1F1E6, 0x0600, 0x070F,
       0x0D4E, 0x0915, 0x094D, 0x0937, 0x0958, 0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01, 0xD7A3, 0x302, 0x316, 0x5B0, 0x2581,
       0xA9, 0xAE, 0x2122, 0x4E00, 0x3400, 0xF900, 0x2F800, 0x20000, 0x0E33, 0x0F71, 0x0F72, 0x0FB2, 0x2FF0]
MARKS = [p for p in range(0x110000) if unicodedata.combining(chr(p))]
WHITE = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e\u2000\u2003\u2028\u2029\u202f\u205f\u3000"
SNIPPETS = ["<s>", "</s>", "<mask>", " <mask>", "<pad>", "<unk>", "[MASK]", "[CLS]", "<|endoftext|>", "<s>NOTUSED", "'s", "'ll",
            "'re", "\u2581", "##", "  ", " the", "ing", "12345", "don't", "...", "\r\n", "NULL", "[UNK]", "a" * 120,
            "\u0915\u094d\u0958\u0301", "\u0915\u0301\u094d\u0958\u0301", "\u1161\u11a8\u0301", "\u00a9\u200d\u2122\u0301"]


def random_character(rng):
    kind = rng.random()
    if kind < 0.35:
        return chr(rng.randrange(0x20, 0x7F))
    if kind < 0.45:
        return rng.choice(WHITE)
    if kind < 0.53:
        return chr(rng.choice(MARKS))
    if kind < 0.60:
        return chr(rng.choice(ODD))
    if kind < 0.66:
        return rng.choice(SNIPPETS)
    if kind < 0.70:
        return chr(rng.randrange(0x20))
    if kind < 0.85:
        return chr(rng.randrange(0x80, 0x3000))
    while True:
        point = rng.randrange(0x110000 if rng.random() < 0.5 else 0x20000)
        if not 0xD800 <= point < 0xE000:
            return chr(point)


def random_texts(count, seed):
    rng = random.Random(seed)
    for index in range(count):
        if index % 1000 == 0:
            yield "".join(random_character(rng) for _ in range(rng.randrange(500, 3000)))
        else:
            yield "".join(random_character(rng) for _ in range(rng.randrange(0, 24)))


# --- comparing -----------------------------------------------------------------------------------------------
def ours(tool, model, requests):
    text = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([tool, str(model)], input=text.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
    assert len(answers) == len(requests), f"{len(answers)} answers to {len(requests)} requests"
    return answers


def compare(name, requests, wanted, got):
    global failures
    different = [i for i in range(len(requests)) if wanted[i] != got[i]]
    print(f"{name}: {len(requests)} compared, {len(different)} differ", flush=True)
    failures += len(different)
    for i in different[:3]:
        print(f"  request {json.dumps(requests[i])[:600]}\n  wanted  {str(wanted[i])[:600]}\n  got     {str(got[i])[:600]}")


def encode_all(tokenizer, texts):
    return [[e.ids, e.type_ids] for e in tokenizer.encode_batch(texts)]


def plain(path):
    """The library's tokenizer of a file, without the truncation and padding that its file may ask for."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def check_texts(args, name, path, tokenizer, kind, texts):
    compare(f"{name}, {kind}", texts, encode_all(tokenizer, texts), ours(args.tool, path, texts))


def check_pairs(args, name, path, tokenizer, texts):
    rng = random.Random(args.seed + 1)
    requests, wanted = [], []
    for _ in range(4000):
        request = {"text": rng.choice(texts), "special": rng.random() < 0.7}
        if rng.random() < 0.8:
            request["pair"] = rng.choice(texts)
        if rng.random() < 0.8:
            request["max_length"] = rng.randrange(4, 40)
            tokenizer.enable_truncation(request["max_length"])
        else:
            tokenizer.no_truncation()
        e = tokenizer.encode(request["text"], request.get("pair"), add_special_tokens=request["special"])
        requests.append(request)
        wanted.append([e.ids, e.type_ids])
    tokenizer.no_truncation()
    compare(f"{name}, pairs and truncation", requests, wanted, ours(args.tool, path, requests))


def check_decode(args, name, path, tokenizer, texts):
    rng = random.Random(args.seed + 2)
    size = tokenizer.get_vocab_size()
    requests = [{"ids": e.ids, "skip": rng.random() < 0.5} for e in tokenizer.encode_batch(texts)]
    requests += [{"ids": [rng.randrange(size + 3) for _ in range(rng.randrange(12))], "skip": rng.random() < 0.5}
                 for _ in range(5000)]
    wanted = [tokenizer.decode(r["ids"], skip_special_tokens=r["skip"]) for r in requests]
    compare(f"{name}, decode", requests, wanted, ours(args.tool, path, requests))


# --- tokenizers that no file of the data holds -----------------------------------------------------------------
def read_fields(bytes_):
    """(number, value) of the fields of a protocol-buffers message."""
    at = 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = bytes_[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(bytes_):
        key = varint()
        if key & 7 == 2:
            size = varint()
            yield key >> 3, bytes_[at:at + size]
            at += size
        elif key & 7 == 5:
            yield key >> 3, bytes_[at:at + 4]
            at += 4
        else:
            yield key >> 3, varint()


def xlm_roberta_like(model_file):
    """The pieces and the character map of a SentencePiece model in the tokenizer.json that transformers writes for XLM-R."""
    pieces, charsmap = [], b""
    for number, value in read_fields(model_file.read_bytes()):
        if number == 1:
            fields = dict(read_fields(value))
            pieces.append((fields[1].decode(), struct.unpack("<f", fields.get(2, bytes(4)))[0]))
        elif number == 3:
            charsmap = dict(read_fields(value)).get(2, b"")
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *pieces[3:], ("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        "<s> $A </s>", "<s> $A </s> </s> $B </s>", [("<s>", 0), ("</s>", 2)])
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def normalizing(normalizer, pre_tokenizer=None, added=()):
    """Every character a token of its own id or bytes, so that ids show what the normalizer did."""
    vocab = {f"<0x{b:02X}>": b for b in range(256)}
    tokenizer = Tokenizer(models.BPE(vocab, [], byte_fallback=True))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.add_tokens(list(added))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    return tokenizer


def sentencepiece_bpe():
    """BPE on characters with byte fallback, as transformers writes it for SentencePiece BPE models."""
    byte_tokens = {f"<0x{b:02X}>": b + 1 for b in range(256)}
    words = ["\u2581", "t", "h", "e", "a", "n", "d", "i", "g", "th", "\u2581th", "\u2581the", "an", "and", "in", "ing", "\u2581a", "\u2581and"]
    vocab = {"<unk>": 0, **byte_tokens, **{word: 257 + i for i, word in enumerate(words)}}
    merges = [("t", "h"), ("a", "n"), ("\u2581", "th"), ("i", "n"), ("\u2581th", "e"), ("in", "g"), ("an", "d"), ("\u2581", "a"), ("\u2581a", "n")]
    vocab["\u2581an"] = len(vocab)
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    return tokenizer


def variants(args):
    models_dir = args.data / "sentencepiece"
    for name in ("test_model", "test_ja_model", "hf_test_sentencepiece"):
        if (models_dir / f"{name}.model").exists():
            yield f"XLM-R layout of {name}", xlm_roberta_like(models_dir / f"{name}.model")
    n, p = normalizers, pre_tokenizers
    accents = [AddedToken("zz", single_word=True), AddedToken("Éa", normalized=True), AddedToken("<x>", rstrip=True),
               AddedToken("<x>y", lstrip=True, rstrip=True), AddedToken("e", single_word=True, normalized=True)]
    yield "NFC", normalizing(n.NFC())
    yield "NFD", normalizing(n.NFD())
    yield "NFKC", normalizing(n.NFKC())
    yield "NFKD, StripAccents, Lowercase", normalizing(n.Sequence([n.NFKD(), n.StripAccents(), n.Lowercase()]))
    yield "Strip, Replace", normalizing(n.Sequence([n.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "), n.Strip(), n.Replace("ab", "")]))
    yield "BertNormalizer cased", normalizing(n.BertNormalizer(True, True, None, False), p.BertPreTokenizer(), accents)
    yield "BertNormalizer bare", normalizing(n.BertNormalizer(False, False, True, True), p.WhitespaceSplit(), accents)
    yield "Metaspace first", normalizing(None, p.Metaspace(prepend_scheme="first"), accents)
    yield "Metaspace never, whole", normalizing(n.Lowercase(), p.Metaspace(prepend_scheme="never", split=False), accents)
    yield "SentencePiece BPE", sentencepiece_bpe()
    unknown = Tokenizer(models.BPE({"<u>": 0, "a": 1, "b": 2, "ab": 3, "\u0120": 4}, [("a", "b")], unk_token="<u>"))
    unknown.pre_tokenizer = p.ByteLevel(add_prefix_space=True)
    yield "byte-level BPE with unknown bytes", unknown
    missing = Tokenizer(models.BPE({"a": 1, "b": 2, "ab": 3}, [("a", "b")]))
    missing.pre_tokenizer = p.ByteLevel(add_prefix_space=False, use_regex=False)
    yield "byte-level BPE with dropped bytes", missing


def check_sentencepiece(args, texts):
    """Releases of the library break ties of equal scores differently: the same pieces in another order are counted apart."""
    import sentencepiece
    for path in sorted((args.data / "sentencepiece").glob("*.model")):
        processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        wanted = [[ids, [0] * len(ids)] for ids in map(processor.encode, texts)]
        got = ours(args.tool, path, texts)
        ties = [i for i in range(len(texts)) if wanted[i] != got[i] and sorted(wanted[i][0]) == sorted(got[i][0])]
        for i in ties:
            got[i] = wanted[i]
        compare(f"{path.name} ({len(ties)} ties broken otherwise)", texts, wanted, got)


# --- settings of folders, beside transformers ----------------------------------------------------------------------
WORDS = ["the", "cat", "sat", "on", "mat", "Good", "good", "film", "!", "\u00e9t\u00e9", "ete", "\u5b57"]
CLASSES = {"bert": ["BertTokenizer", "BertTokenizerFast", "ElectraTokenizer", "DistilBertTokenizer"], "gpt2": ["GPT2Tokenizer", "GPT2TokenizerFast"],
           "roberta": ["RobertaTokenizer", "RobertaTokenizerFast", "BartTokenizer"], "camembert": ["CamembertTokenizer"],
           "xlm-roberta": ["XLMRobertaTokenizer", "XLMRobertaTokenizerFast"]}
NAMED = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]
CONTENTS = ["<new>", "[name]", "<s>", "</s>", "<mask>", "[MASK]", "[SEP]", "[PAD]", "Xy", "cat", "<|endoftext|>"]


def base_tokenizer(family, rng):
    """A tokenizer of that family as a tokenizer.json would hold it; some of its special tokens may be missing."""
    if family == "bert":
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS + ["##s", "##t"]
        if rng.random() < 0.3:
            words.remove(rng.choice(["[PAD]", "[CLS]", "[SEP]", "[MASK]"]))
        tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=rng.random() < 0.5)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        special, ends = words[:4], ("[CLS]", "[SEP]")
    elif family in ("gpt2", "roberta"):
        special = ["<|endoftext|>"] if family == "gpt2" else ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        if rng.random() < 0.3:
            special.remove(rng.choice(special))
        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        merges = [("t", "h"), ("th", "e"), ("c", "a"), ("ca", "t"), ("\u0120", "the"), ("\u0120", "cat"), ("o", "o")]
        words = special + letters + ["".join(merge) for merge in merges]
        tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=rng.random() < 0.3)
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
                "split_special_tokens", "clean_up_tokenization_spaces", "do_basic_tokenize"):
        if rng.random() < 0.25:
            config[key] = rng.random() < 0.5
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
        name = rng.choice(CLASSES[family] + ["PreTrainedTokenizerFast", "TokenizersBackend"])
        (config if rng.random() < 0.8 else model_type)["tokenizer_class"] = name
    files["config.json"] = model_type
    if config or rng.random() < 0.5:
        files["tokenizer_config.json"] = config
    document = json.loads(tokenizer.to_str())
    vocab = document["model"]["vocab"]
    legacy = family in ("bert", "gpt2", "roberta") and rng.random() < 0.4
    if legacy and family == "bert":
        files["vocab.txt"] = "".join(word + "\n" for word in vocab)
    elif legacy:
        files["vocab.json"] = vocab
        files["merges.txt"] = "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in document["model"]["merges"])
    else:
        for token in document["added_tokens"]:
            token["id"] += rng.choice([0, 0, 0, 5])
        files["tokenizer.json"] = document
    for name, content in files.items():
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return files


def check_settings(args):
    """Ids, types and decoded texts of random folders."""
    from transformers import AutoTokenizer, logging
    logging.set_verbosity_error()
    rng = random.Random(args.seed + 3)
    requests, wanted, got, loaded = [], [], [], 0
    for index in range(args.folders):
        with tempfile.TemporaryDirectory() as name:
            files = random_folder(Path(name), rng)
            texts = ["".join(rng.choice([*WORDS, *CONTENTS, " ", " ", "  ", " n't", " ."]) for _ in range(12)) for _ in range(8)]
            try:
                theirs = AutoTokenizer.from_pretrained(name)
                answers, asked = [], []
                for text in texts:
                    ask = {"text": text, "special": rng.random() < 0.8, **rng.choice([{}, {"pair": "the cat<new>"}, {"max_length": 7}])}
                    out = theirs(text, ask.get("pair"), add_special_tokens=ask["special"], return_token_type_ids=True,
                                 truncation="max_length" in ask, max_length=ask.get("max_length"))
                    asked += [ask, {"ids": out["input_ids"], "skip": rng.random() < 0.5}]
                    answers += [[out["input_ids"], out["token_type_ids"]],
                                theirs.decode(out["input_ids"], skip_special_tokens=asked[-1]["skip"])]
            except Exception:  # noqa: BLE001 - the library has no answer to compare with
                continue
            loaded += 1
            try:
                got += ours(args.tool, name, asked)
            except subprocess.CalledProcessError as error:
                got += [error.stderr.decode().strip()] * len(asked)
            wanted += answers
            requests += [[index, type(theirs).__name__, ask, {k: v for k, v in files.items() if "token" not in k or "_" in k}] for ask in asked]
    compare(f"settings of {loaded} folders", requests, wanted, got)
    if loaded < args.folders // 2:
        sys.exit(f"transformers loads {loaded} of {args.folders} folders only")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tool", required=True)
    p.add_argument("--data", type=Path)
    p.add_argument("--minilm", type=Path)
    p.add_argument("--random", type=int, default=100_000)
    p.add_argument("--folders", type=int, default=300)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--only", default="corpora,random,pairs,decode,variants,sentencepiece")
    args = p.parse_args()
    steps = args.only.split(",")
    if steps == ["settings"]:
        check_settings(args)
        print("all equal" if failures == 0 else f"{failures} differences")
        return failures > 0
    texts = list(random_texts(args.random, args.seed))
    some = texts[1:args.random // 10]
    folders = {name: args.data / name / "tokenizer.json" for name in ("gpt2", "roberta-base", "camembert-base")}
    if args.minilm:
        folders["MiniLM"] = args.minilm / "tokenizer.json"
    for name, path in folders.items():
        tokenizer = plain(path)
        if "corpora" in steps:
            for kind, lines in corpora(args.data):
                check_texts(args, name, path, tokenizer, kind, lines)
        if "random" in steps:
            check_texts(args, name, path, tokenizer, "random", texts)
        if "pairs" in steps:
            check_pairs(args, name, path, tokenizer, some)
        if "decode" in steps:
            check_decode(args, name, path, tokenizer, some)
    if "variants" in steps:
        with tempfile.TemporaryDirectory() as folder:
            for name, tokenizer in variants(args):
                path = Path(folder) / "tokenizer.json"
                tokenizer.save(str(path))
                check_texts(args, name, path, tokenizer, "random", texts)
                check_decode(args, name, path, tokenizer, some)
    if "sentencepiece" in steps:
        check_sentencepiece(args, texts)
    print("all equal" if failures == 0 else f"{failures} differences")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
