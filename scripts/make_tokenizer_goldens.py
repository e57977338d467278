#!/usr/bin/env python3
"""Writes tests/golden/tokenizers/*.json: small tokenizers, texts, and the ids that the `tokenizers` library gives.

Each file holds {"tokenizer": a tokenizer.json, "encode": [request + "ids" and "type_ids"], "decode": [{"ids", "skip",
"text"}]}. The tokenizers are trained on the sentences below.

    python scripts/make_tokenizer_goldens.py [--output tests/golden/tokenizers]
"""
import argparse
import json
import random
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from differences.common import ROOT
from differences.texts import QWEN2, made_up, normalizing, pieces_of, sentencepiece_bpe

SENTENCES = """
The kettle whistled before anyone had laid the table, and the cat didn't mind.
We'll meet at the harbour at 7:30; they've promised to bring 12 lanterns and 345 candles.
A quiet film, slow and generous, that doesn't ask to be liked.
name : The Blue Heron | Type : café | area : riverside | price : less than £20
Nobody's café is déjà vu, naïve or passé in the old Größe of façade.
It's raining again... she said; isn't it ALWAYS raining?
Ten thousand small boats drifted towards the northern shore, unhurried and unlit.
数 学 と 音楽 は よく 似て いる 。 Привет, как дела? Ελληνικά και πάλι.
The plot wanders, the jokes don't land, and the ending is the end of a different story.
""".strip().split("\n")


def trained(model, trainer, **parts):
    tokenizer = Tokenizer(model)
    for name, part in parts.items():
        setattr(tokenizer, name, part)
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    return tokenizer


def byte_level(prefix):
    return dict(pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=prefix), decoder=decoders.ByteLevel())


def gpt2_like():
    trainer = trainers.BpeTrainer(vocab_size=480, special_tokens=["<|endoftext|>"], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    return trained(models.BPE(), trainer, **byte_level(False))


def roberta_like():
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer = trained(models.BPE(), trainer, **byte_level(True))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=True)
    return tokenizer


def bert_like():
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=320, special_tokens=specials, show_progress=False)
    tokenizer = trained(models.WordPiece(unk_token="[UNK]"), trainer, normalizer=normalizers.BertNormalizer(),
                        pre_tokenizer=pre_tokenizers.BertPreTokenizer(), decoder=decoders.WordPiece())
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.enable_truncation(12)  # must not be applied unasked
    tokenizer.enable_padding(length=12)
    return tokenizer


def camembert_like():
    trainer = trainers.UnigramTrainer(vocab_size=260, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>",
                                      show_progress=False)
    tokenizer = trained(models.Unigram(), trainer, pre_tokenizer=pre_tokenizers.Metaspace(), decoder=decoders.Metaspace(),
                        normalizer=normalizers.Sequence([normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "),
                                                         normalizers.Strip(left=False, right=True)]))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(), processors.TemplateProcessing(
        "<s> $A </s>", "<s> $A </s> </s> $B </s>", [("<s>", 0), ("</s>", 2)])])
    return tokenizer


def normal_forms():
    n, added = normalizers, [AddedToken("zz", single_word=True), AddedToken("Éa", normalized=True),
                             AddedToken("<x>", rstrip=True), AddedToken("<x>y", lstrip=True, rstrip=True)]
    return normalizing(n.Sequence([n.NFKC(), n.NFKD(), n.StripAccents(), n.Lowercase(), n.NFC(), n.NFD()]),
                       pre_tokenizers.Metaspace(prepend_scheme="first"), added)


def qwen_like():
    p = pre_tokenizers
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=["<|endoftext|>", "<|im_start|>"], show_progress=False,
                                  initial_alphabet=p.ByteLevel.alphabet())
    return trained(models.BPE(), trainer, normalizer=normalizers.NFC(), decoder=decoders.ByteLevel(), pre_tokenizer=p.Sequence(
        [p.Split(Regex(QWEN2), "isolated"), p.ByteLevel(add_prefix_space=False, use_regex=False)]))


def split_steps():
    p = pre_tokenizers
    return pieces_of(p.Sequence([p.Split(Regex(r"(?<=e)[a-z]|\p{Lu}\p{Ll}+"), "merged_with_next"), p.Split(" ", "merged_with_previous"),
                                 p.Digits(True), p.Punctuation("contiguous")]))


def requests(seed):
    rng = random.Random(seed)
    texts = [*SENTENCES, "", " ", "a", "x" * 300, "ab" * 70, "'s 're 'LL don''t", " \t two\r\n\nlines ", "e\u0301\u0327 \u1e9b\u0323 İ",
             "\ufb01ne \u180e\u3000\u2003x", "1\u0662\u2167\u00bd", "<s> a <mask>, </s>", "[CLS] a [MASK]b [SEP]", "zz zza ÉaÉA <x>  y <x>y  ",
             *made_up(60, seed)]
    for text in texts:
        if len(text) < 1000:
            yield {"text": text}
    for _ in range(40):
        yield {"text": rng.choice(SENTENCES), "pair": rng.choice(SENTENCES), "max_length": rng.randrange(4, 60),
               "special": rng.random() < 0.7}
    for _ in range(15):
        yield {"text": rng.choice(SENTENCES), "max_length": rng.randrange(2, 30), "special": rng.random() < 0.7}


def golden(tokenizer, seed):
    document = json.loads(tokenizer.to_str())
    tokenizer.no_padding()
    encode, decode = [], []
    for request in requests(seed):
        if "max_length" in request:
            tokenizer.enable_truncation(request["max_length"])
        else:
            tokenizer.no_truncation()
        e = tokenizer.encode(request["text"], request.get("pair"), add_special_tokens=request.get("special", True))
        encode.append({**request, "ids": e.ids, "type_ids": e.type_ids})
    rng = random.Random(seed)
    sequences = [one["ids"] for one in encode[:25]]
    sequences += [[rng.randrange(tokenizer.get_vocab_size() + 2) for _ in range(8)] for _ in range(25)]
    for ids in sequences:
        skip = rng.random() < 0.5
        decode.append({"ids": ids, "skip": skip, "text": tokenizer.decode(ids, skip_special_tokens=skip)})
    return {"tokenizer": document, "encode": encode, "decode": decode}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--output", type=Path, default=ROOT / "tests/golden/tokenizers")
    args = p.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    made = {"gpt2": gpt2_like(), "roberta": roberta_like(), "bert": bert_like(), "camembert": camembert_like(),
            "sentencepiece-bpe": sentencepiece_bpe(), "normal-forms": normal_forms(), "qwen": qwen_like(), "split": split_steps()}
    for seed, (name, tokenizer) in enumerate(made.items()):
        text = json.dumps(golden(tokenizer, seed), ensure_ascii=True, separators=(",", ":"))
        (args.output / f"{name}.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
