"""Tokens of texts beside the `tokenizers` and `sentencepiece` libraries: every line of SST-2 and E2E (whole and in parts), and
random Unicode strings from all planes, with combining marks, odd white space, control characters and pieces of added tokens."""
import json
import random
import struct
import tempfile
import unicodedata
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

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


# --- comparing -----------------------------------------------------------------------------------------------
def compared(session, path, requests, wanted):
    """One pair a request whose answers differ, and one for all others."""
    session.texts.one({"tokenizer": str(path)})
    got = session.texts.ask(requests)
    return pairs_of(requests, wanted, got)


def pairs_of(requests, wanted, got):
    different = [i for i in range(len(requests)) if wanted[i] != got[i]]
    equal = Pair("", 0, 0, many=len(requests) - len(different))
    return [equal, *(Pair(json.dumps(requests[i]), wanted[i], got[i]) for i in different)]


def encode_all(tokenizer, texts):
    return [[e.ids, e.type_ids] for e in tokenizer.encode_batch(texts)]


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
        wanted.append([e.ids, e.type_ids])
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


def check_sentencepiece(session, path, texts):
    """Releases of the library break ties of equal scores differently: the same pieces in another order are equal here."""
    import sentencepiece
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    wanted = [[ids, [0] * len(ids)] for ids in map(processor.encode, texts)]
    session.texts.one({"tokenizer": str(path)})
    got = session.texts.ask(texts)
    tie = lambda i: sorted(wanted[i][0]) == sorted(got[i][0])
    return pairs_of(texts, wanted, [wanted[i] if tie(i) else got[i] for i in range(len(texts))])


# --- kinds that run once ---------------------------------------------------------------------------------------
def real_tokenizers(session):
    folders = [session.data / name for name in ("gpt2", "roberta-base", "camembert-base")] + [session.minilm] * bool(session.minilm)
    for folder in folders:
        yield folder.name, folder / "tokenizer.json", plain(folder / "tokenizer.json")


def corpora(session, _):
    for name, path, tokenizer in real_tokenizers(session):
        for kind, lines in lines_of_corpora(session.data):
            yield f"{name}, {kind}", check_texts(session, path, tokenizer, lines)


def random_texts(session, count):
    texts = list(made_up(count, session.seed))
    some = texts[1:count // 10]
    for name, path, tokenizer in real_tokenizers(session):
        yield f"{name}, random", check_texts(session, path, tokenizer, texts)
        yield f"{name}, pairs and truncation", check_pairs(session, path, tokenizer, some)
        yield f"{name}, decode", check_decode(session, path, tokenizer, some)
    with tempfile.TemporaryDirectory() as folder:
        for name, tokenizer in variants(session.data):
            path = Path(folder) / "tokenizer.json"
            tokenizer.save(str(path))
            yield f"{name}, random", check_texts(session, path, tokenizer, texts)
            yield f"{name}, decode", check_decode(session, path, tokenizer, some)
    for path in sorted((session.data / "sentencepiece").glob("*.model")):
        yield path.name, check_sentencepiece(session, path, texts)
