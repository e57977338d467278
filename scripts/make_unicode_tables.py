#!/usr/bin/env python3
"""Writes src/text/unicode_tables.inc: the character classes, lower case and decompositions of the `tokenizers` library.

System libraries carry other versions of Unicode than that library does, and it uses three regular-expression
engines and two tables of its own. So every code point is put before the library itself and its answer kept.

    python scripts/make_unicode_tables.py [--output src/text/unicode_tables.inc]      (some minutes)
"""
import argparse
import struct
import sys
import unicodedata
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

ROOT = Path(__file__).resolve().parent.parent
POINTS = [*range(0xD800), *range(0xE000, 0x110000)]
ACUTE, ZWJ, COPYRIGHT = "\u0301", "\u200d", "\u00a9"
KA, VIRAMA, QA = "\u0915", "\u094d", "\u0958"  # Devanagari: two consonants, and the sign that joins them

# Bits of a code point's properties, in the order of enum Property in src/text/unicode.h.
PROPERTIES = ("letter", "number", "space", "word", "control", "cjk", "mark", "punctuation",
              "grapheme_control", "grapheme_extend", "grapheme_prepend", "pictographic", "bert_mark",
              "conjunct_consonant", "conjunct_linker", "numeric")
# General categories, in the order of src/text/unicode.cpp.
CATEGORIES = ("Cc", "Cf", "Co", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No", "Pc", "Pd", "Pe", "Pf", "Pi", "Po",
              "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs")


def charsmap(key, value):
    """A Precompiled normalizer that maps one short string, and nothing else, to `value`."""
    units, base, key = {}, 256, key.encode()
    units[0] = base << 10
    position = base
    for index, byte in enumerate(key):
        position ^= byte
        last = index + 1 == len(key)
        offset = 512 * (index + 2)
        units[position] = byte | (last << 8) | ((position ^ offset) << 10)
        position = offset
    units[position] = 1 << 31
    trie = struct.pack(f"<{position + 256}I", *(units.get(i, 0) for i in range(position + 256)))
    return normalizers.Precompiled(struct.pack("<I", len(trie)) + trie + value.encode() + b"\0")


def word_probe():
    """Whether an added token directly before the character still stands alone: the library's own \\w."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.add_tokens([AddedToken("zz", single_word=True)])
    found = tokenizer.token_to_id("zz")
    return lambda c: found not in tokenizer.encode("zz" + c, add_special_tokens=False).ids


def property_probes():
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bert = pre_tokenizers.BertPreTokenizer()
    white = pre_tokenizers.WhitespaceSplit()
    clean = normalizers.BertNormalizer(True, False, False, False)
    chinese = normalizers.BertNormalizer(False, True, False, False)
    accents, bert_accents = normalizers.StripAccents(), normalizers.BertNormalizer(False, False, True, False)
    x, mark, sign = charsmap("x", "y"), charsmap(ACUTE, "y"), charsmap(COPYRIGHT, "y")
    qa, digits = charsmap(QA, "y"), pre_tokenizers.Digits(individual_digits=True)
    pieces = lambda splitter, text: len(splitter.pre_tokenize_str(text))
    return {
        "letter": lambda c: pieces(byte_level, "a" + c) == 1,
        "number": lambda c: pieces(byte_level, "1" + c) == 1,
        "space": lambda c: pieces(white, "a" + c + "a") == 2,
        "word": word_probe(),
        "control": lambda c: clean.normalize_str("a" + c + "a") == "aa",
        "cjk": lambda c: chinese.normalize_str("a" + c + "a") != "a" + c + "a",
        "mark": lambda c: accents.normalize_str("a" + c) == "a",
        "punctuation": lambda c: pieces(bert, "a" + c + "a") == 3,
        "grapheme_control": lambda c: mark.normalize_str(c + ACUTE * 2) == c + "y",
        "grapheme_extend": lambda c: x.normalize_str("x" + c) == "y",
        "grapheme_prepend": lambda c: x.normalize_str(c + "x" + ACUTE * 2).endswith("y" + ACUTE * 2),
        "pictographic": lambda c: sign.normalize_str(c + ZWJ + COPYRIGHT + ACUTE).endswith("y" + ACUTE),
        "bert_mark": lambda c: bert_accents.normalize_str("a" + c) == "a",
        "conjunct_consonant": lambda c: qa.normalize_str(c + VIRAMA + QA + ACUTE).endswith("y" + ACUTE),
        "conjunct_linker": lambda c: qa.normalize_str(KA + c + QA + ACUTE).endswith("y" + ACUTE),
        "numeric": lambda c: pieces(digits, "a" + c) == 2,
    }


def check_assumptions():
    """What unicode.cpp takes for granted: places where one table serves two users."""
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    regex_space = normalizers.Replace(Regex(r"\s"), "_")
    clean = normalizers.BertNormalizer(True, False, False, False)
    white = pre_tokenizers.WhitespaceSplit()
    bert = pre_tokenizers.BertPreTokenizer()
    for point in POINTS:
        c = chr(point)
        space = len(white.pre_tokenize_str("a" + c + "a")) == 2
        assert space == (len(byte_level.pre_tokenize_str("\n" + c + "\n")) == 1), hex(point)
        assert space == (regex_space.normalize_str(c) == "_" != c), hex(point)
        assert space == (len(bert.pre_tokenize_str("a" + c + "a")) == 2), hex(point)
        cleaned = clean.normalize_str("a" + c + "a")
        assert cleaned == ("aa" if len(cleaned) == 2 else "a a" if space else "a" + c + "a"), hex(point)


def categories():
    """1 + the index in CATEGORIES of each code point, by regular expressions; 0 where it has none."""
    values = [0] * len(POINTS)
    everything = "".join(map(chr, POINTS))
    for index, name in enumerate(CATEGORIES):
        rest = set(normalizers.Replace(Regex(rf"\p{{{name}}}"), "").normalize_str(everything))
        for at, c in enumerate(everything):
            if c not in rest:
                assert values[at] == 0, hex(ord(c))
                values[at] = index + 1
    return values


def runs(values):
    """[(first, last, value)] of equal neighbours, value 0 left out; surrogates have value 0."""
    out = []
    for point, value in zip(POINTS, values):
        if value and out and out[-1][2] == value and out[-1][1] + 1 == point:
            out[-1][1] = point
        elif value:
            out.append([point, point, value])
    return out


def mapping(normalizer, skip_hangul=True):
    """[(point, target string)] of code points that the normalizer changes; Hangul syllables are arithmetic."""
    out = []
    for point in POINTS:
        if skip_hangul and 0xAC00 <= point <= 0xD7A3:
            continue
        target = normalizer.normalize_str(chr(point))
        if target != chr(point):
            out.append((point, target))
    return out


def combining_classes(nfd):
    """Canonical combining classes, by whether the library puts a character before marks of a known class."""
    low, high = "\u0334", "\u0345"  # classes 1 and 240, the least and the greatest
    swapped = lambda a, b: nfd.normalize_str(a + b) == b + a and a != b
    is_mark = lambda c: (swapped(c, low) or swapped(high, c)) and nfd.normalize_str(c) == c
    known = {}
    for point in range(0x300, 0x1F000):
        if unicodedata.combining(chr(point)) and is_mark(chr(point)):  # the library's Unicode may be the older one
            known.setdefault(unicodedata.combining(chr(point)), chr(point))
    values = []
    for point in POINTS:
        c = chr(point)
        if not is_mark(c):
            values.append(0)
            continue
        equal = [k for k, mark in known.items() if not swapped(c, mark) and not swapped(mark, c)]
        assert len(equal) == 1, f"U+{point:04X}: a combining class that Python does not know"
        values.append(equal[0])
    return values


def compositions(nfd, nfd_map):
    """[(first, second, composed)]: primary composites."""
    nfc, out = normalizers.NFC(), []
    for point, target in nfd_map:
        if len(target) > 1 and nfc.normalize_str(chr(point)) == chr(point):
            first = nfc.normalize_str(target[:-1])
            if len(first) == 1 and nfc.normalize_str(first + target[-1]) == chr(point):
                out.append((ord(first), ord(target[-1]), point))
    return out


def lines(numbers, per_entry=None):
    """Hexadecimal numbers in lines of at most 100 columns."""
    text, line = [], ""
    for number in numbers:
        word = f"{number:#x}," if number > 9 else f"{number},"
        if len(line) + len(word) > 100:
            text.append(line)
            line = ""
        line += word
    return "\n".join([*text, line])


def write_mapping(name, entries, what):
    flat = [number for point, target in entries for number in (point, len(target), *map(ord, target))]
    return f"/// {what}: code point, number of targets, targets.\nconstexpr uint32_t {name}[] = {{\n{lines(flat)}}};\n"


def write_runs(name, entries, what):
    return f"/// {what}: first, last, value.\nconstexpr uint32_t {name}[] = {{\n{lines(sum(entries, []))}}};\n"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--output", type=Path, default=ROOT / "src/text/unicode_tables.inc")
    args = p.parse_args()
    check_assumptions()
    values = [0] * len(POINTS)
    for bit, (name, probe) in enumerate(property_probes().items()):
        assert name == PROPERTIES[bit]
        for index, point in enumerate(POINTS):
            values[index] |= probe(chr(point)) << bit
        print(name, sum(value >> bit & 1 for value in values), file=sys.stderr, flush=True)
    nfd, nfkd = normalizers.NFD(), normalizers.NFKD()
    nfd_map = mapping(nfd)
    composed = compositions(nfd, nfd_map)
    same = dict(nfd_map)
    parts = [
        "// clang-format off\n"
        "// GENERATED by scripts/make_unicode_tables.py, by probing the `tokenizers` library "
        f"{tokenizers.__version__}\n// code point by code point. Do not edit.\n",
        write_runs("kPropertyRuns", runs(values), "Properties, bits as in enum Property"),
        write_runs("kCategoryRuns", runs(categories()), "General categories, counted from 1"),
        write_runs("kCombiningRuns", runs(combining_classes(nfd)), "Canonical combining class"),
        write_mapping("kLowerCase", mapping(normalizers.Lowercase(), False), "Lower case"),
        write_mapping("kCanonical", nfd_map, "Full canonical decomposition, Hangul syllables left out"),
        write_mapping("kCompatibility", [entry for entry in mapping(nfkd) if same.get(entry[0]) != entry[1]],
                      "Full compatibility decomposition where it is not the canonical one"),
        "/// Canonical compositions: first, second, composed.\nconstexpr uint32_t kCompositions[] = {\n"
        + lines([n for triple in composed for n in triple]) + "};\n",
    ]
    args.output.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
