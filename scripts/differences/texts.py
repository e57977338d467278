"""Tokens of texts beside the `tokenizers` and `sentencepiece` libraries: every line of SST-2 and E2E (whole and in parts), and
random Unicode strings from all planes, with combining marks, odd white space, control characters and pieces of added tokens."""
import itertools
import json
import random
import struct
import tempfile
import unicodedata
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from .common import Pair


def lines_of_corpora(data):
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


def made_up(count, seed):
    rng = random.Random(seed)
    for index in range(count):
        if index % 1000 == 0:
            yield "".join(random_character(rng) for _ in range(rng.randrange(500, 3000)))
        else:
            yield "".join(random_character(rng) for _ in range(rng.randrange(0, 24)))


def word_like(count, seed):
    """Strings of what the patterns of decoders cut at: contractions, digits, line ends, runs of spaces, added tokens."""
    rng = random.Random(seed)
    parts = ["'S", "'\u017f", "'LL", "'re", "'d", "\u2019s", "1", "12", "1234567", "\u0663\u0664\u00b2\u2167", "\n", "\r\n", "\n\n", "\t", " ", " ", "  ", "   \n ",
             "\u00a0", "\u3000", "a", "Word", " word", "caf\u00e9", "e\u0301", "\u4e2d\u6587", "\u0915\u093f", "\U0001f600", "_", "--", "...", "$", "!?", "<bos>", "<s>",
             "</s>", "<|im_start|>", "<|endoftext|>", "<|begin_of_text|>", "\u2581", "<0x0A>", "restaurant", " The", "\u200d", "\ud7a3", "\x00"]
    for _ in range(count):
        yield "".join(rng.choice(parts) for _ in range(rng.randrange(1, 20)))


# --- comparing -----------------------------------------------------------------------------------------------
def compared(session, path, requests, wanted):
    """One pair a request whose answers differ, and one for all others."""
    opened = session.texts.one({"tokenizer": str(path)})
    if opened is not True:
        return [Pair(str(path), True, opened)]
    got = session.texts.ask(requests)
    return pairs_of(requests, wanted, got)


def pairs_of(requests, wanted, got):
    different = [i for i in range(len(requests)) if wanted[i] != got[i]]
    equal = Pair("", 0, 0, many=len(requests) - len(different))
    return [equal, *(Pair(json.dumps(requests[i]), wanted[i], got[i]) for i in different)]


def encode_all(tokenizer, texts):
    """[ids, type_ids] of each text, as the program answers: no types where all are 0."""
    return [[e.ids, e.type_ids if any(e.type_ids) else 0] for e in tokenizer.encode_batch_fast(texts)]


def plain(path):
    """The library's tokenizer of a file, without the truncation and padding that its file may ask for."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def check_texts(session, path, tokenizer, texts):
    return compared(session, path, texts, encode_all(tokenizer, texts))


def check_pairs(session, path, tokenizer, texts):
    rng = random.Random(session.seed + 1)
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
        wanted.append([e.ids, e.type_ids if any(e.type_ids) else 0])
    tokenizer.no_truncation()
    return compared(session, path, requests, wanted)


def check_decode(session, path, tokenizer, texts):
    rng = random.Random(session.seed + 2)
    size = tokenizer.get_vocab_size()
    requests = [{"ids": e.ids, "skip": rng.random() < 0.5} for e in tokenizer.encode_batch(texts)]
    requests += [{"ids": [rng.randrange(size + 3) for _ in range(rng.randrange(12))], "skip": rng.random() < 0.5}
                 for _ in range(5000)]
    wanted = [tokenizer.decode(r["ids"], skip_special_tokens=r["skip"]) for r in requests]
    return compared(session, path, requests, wanted)


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


def variants(data):
    models_dir = data / "sentencepiece"
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


# Of the expressions that PCRE2 and Oniguruma read alike, and some that are said in other words.
PATTERNS = [r"\s+", r"\p{N}{1,3}", r"(?i:'s|'ll)|\p{Lu}?\p{Ll}+|[^\s\p{L}]", r"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{P}+?", r"\d(?=(?:\d{3})*a)|x",
            r"(?<=e)[a-z]|\x{4e2d}+", r"(?<!\d)\d{2,}?|\S", r"\p{^L}|[\x20-\x2F-]", r"a*", r"[^\S\n]+|\D{,2}\n", r"(?>[ab]+)b|\.|\P{Cc}"]
BEHAVIOURS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def pieces_of(pre_tokenizer):
    """Bytes, with a token of its own for the first of each piece, so that ids show where a text was cut."""
    return normalizing(None, pre_tokenizers.Sequence([pre_tokenizer, pre_tokenizers.Metaspace(prepend_scheme="always", split=False)]))


def splits():
    p = pre_tokenizers
    for i, pattern in enumerate([*PATTERNS, " ", "ab"]):
        regex = pattern if i >= len(PATTERNS) else Regex(pattern)
        for behaviour in BEHAVIOURS:
            for invert in (False, True):
                yield f"Split {pattern} {behaviour} {invert}", pieces_of(p.Split(regex, behaviour, invert))
    for pattern in (QWEN2, QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|"), QWEN2.replace(r"\p{L}+|", r"\p{L}++|")):
        yield f"Split {pattern}", pieces_of(p.Split(Regex(pattern), "isolated"))
        yield f"Split {pattern}, the rest removed", pieces_of(p.Split(Regex(pattern), "removed", True))
    for behaviour in BEHAVIOURS:
        yield f"Punctuation {behaviour}", pieces_of(p.Punctuation(behaviour))
    for alone in (False, True):
        yield f"Digits {alone}", pieces_of(p.Digits(alone))


def over_gpt2(data, pattern, normalizer=None, added=(), template=None, ignore_merges=False):
    """GPT-2's vocabulary with another pattern."""
    document = json.loads((data / "gpt2" / "tokenizer.json").read_text("utf-8"))
    document["model"]["ignore_merges"] = ignore_merges
    tokenizer = Tokenizer.from_str(json.dumps(document))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pattern is not None:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                                           pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.add_tokens(list(added))
    tokenizer.add_special_tokens(["<|im_start|>", *(template or [])[:2]])
    if template:
        first, last = template[0], template[1] if len(template) > 1 else None
        around = lambda text: f"{first} {text}" + (f" {last}" if last else "")
        ids = [(token, tokenizer.token_to_id(token)) for token in template]
        tokenizer.post_processor = processors.Sequence([processors.ByteLevel(), processors.TemplateProcessing(
            around("$A"), around("$A") + (f" $B {last}" if last else " $B:1"), ids)])
    return tokenizer


def trained_on_e2e(data, kind):
    """Llama 2's or Gemma's kind of file, trained on E2E by the library; "whole": merges go across words."""
    lines = [line for line in (data / "e2e-lora" / "valid.txt").read_text("utf-8").split("\n") if line]
    special = ["<unk>", "<s>", "</s>", "<bos>", "<pad>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=2500, special_tokens=special, show_progress=False)
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    n, p, d = normalizers, pre_tokenizers, decoders
    llama = kind != "gemma"
    tokenizer.normalizer = n.Sequence([n.Prepend("\u2581"), n.Replace(" ", "\u2581")]) if llama else n.Replace(" ", "\u2581")
    if kind != "whole":
        tokenizer.pre_tokenizer = p.Split("\u2581", "merged_with_next")
    tokenizer.train_from_iterator(lines[:1500], trainer)
    document = json.loads(tokenizer.to_str())
    document["pre_tokenizer"] = None if llama else json.loads(p.Split(" ", "merged_with_previous").__getstate__())
    document["added_tokens"] = [token for token in document["added_tokens"] if not token["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(document))
    steps = [d.Replace("\u2581", " "), d.ByteFallback(), d.Fuse()]
    tokenizer.decoder = d.Sequence(steps + [d.Strip(" ", 1, 0)] * llama)
    tokenizer.add_tokens(["\n\n", "\u2581\u2581", "\u2581\u2581\u2581"])
    first = "<s>" if llama else "<bos>"
    tokenizer.post_processor = processors.TemplateProcessing(f"{first} $A", f"{first} $A {first}:1 $B:1", [(first, tokenizer.token_to_id(first))])
    return tokenizer


def mpnet_like(path):
    document = json.loads(path.read_text("utf-8"))
    vocab = document["model"]["vocab"]
    for old, new in (("[CLS]", "<s>"), ("[SEP]", "</s>"), ("[PAD]", "<pad>"), ("[MASK]", "<mask>")):
        vocab[new] = vocab.pop(old)
    document["added_tokens"], document["post_processor"], document["truncation"], document["padding"] = [], None, None, None
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>", "[UNK]", AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", vocab["</s>"]), ("<s>", vocab["<s>"]), True, False)
    return tokenizer


def decoders_kinds(session):
    """Files of the kind of each decoder, of ModernBERT and of MPNet."""
    data = session.data
    yield "Qwen's pattern", over_gpt2(data, QWEN2, normalizers.NFC())
    yield "Llama 3's pattern", over_gpt2(data, QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|"), template=["<|begin_of_text|>"], ignore_merges=True)
    spaces = [AddedToken(" " * n, normalized=False) for n in range(24, 1, -1)]
    yield "ModernBERT's kind", over_gpt2(data, None, normalizers.NFC(), spaces, ["[CLS]", "[SEP]"])
    for kind in ("llama", "gemma", "whole"):
        yield f"BPE of {kind}'s kind", trained_on_e2e(data, kind)
    if session.minilm:
        yield "MPNet's kind", mpnet_like(session.minilm / "tokenizer.json")


def check_sentencepiece(session, path, texts):
    """Releases of the library break ties of equal scores differently: the same pieces in another order are equal here."""
    import sentencepiece
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    wanted = [[ids, 0] for ids in map(processor.encode, texts)]
    session.texts.one({"tokenizer": str(path)})
    got = session.texts.ask(texts)
    tie = lambda i: sorted(wanted[i][0]) == sorted(got[i][0])
    return pairs_of(texts, wanted, [wanted[i] if tie(i) else got[i] for i in range(len(texts))])


# --- kinds that run once ---------------------------------------------------------------------------------------
def real_tokenizers(session):
    folders = [session.data / name for name in ("gpt2", "roberta-base", "camembert-base")] + [session.minilm] * bool(session.minilm)
    folders += sorted(path.parent for path in session.fetched.glob("*/tokenizer.json")) if session.fetched else []
    for folder in folders:
        yield folder.name, folder / "tokenizer.json", plain(folder / "tokenizer.json")


def made_tokenizers(made, folder):
    """The same of tokenizers that are made here, each in a file."""
    for name, tokenizer in made:
        path = Path(folder) / "tokenizer.json"
        tokenizer.save(str(path))
        yield name, path, tokenizer


def corpora(session, _):
    with tempfile.TemporaryDirectory() as folder:
        corpora = list(lines_of_corpora(session.data))
        for name, path, tokenizer in itertools.chain(real_tokenizers(session), made_tokenizers(decoders_kinds(session), folder)):
            for kind, lines in corpora:
                yield f"{name}, {kind}", check_texts(session, path, tokenizer, lines[::session.sample])


def random_texts(session, count):
    texts = list(made_up(count, session.seed))
    words = list(word_like(count // 3, session.seed))
    some = texts[1:count // 10]
    for name, path, tokenizer in real_tokenizers(session):
        yield f"{name}, random", check_texts(session, path, tokenizer, texts + words)
        yield f"{name}, pairs and truncation", check_pairs(session, path, tokenizer, some)
        yield f"{name}, decode", check_decode(session, path, tokenizer, some)
    with tempfile.TemporaryDirectory() as folder:
        for name, path, tokenizer in made_tokenizers([*variants(session.data), *decoders_kinds(session)], folder):
            yield f"{name}, random", check_texts(session, path, tokenizer, texts + words)
            yield f"{name}, decode", check_decode(session, path, tokenizer, some)
        for name, path, tokenizer in made_tokenizers(splits(), folder):
            yield f"{name}, random", check_texts(session, path, tokenizer, texts[:count // 10] + words)
    for path in sorted((session.data / "sentencepiece").glob("*.model")):
        yield path.name, check_sentencepiece(session, path, texts)
