"""Files of predictions and references and their scores, beside what e2e-metrics does: lines as Python's codecs reads them, tables as its
csv module does, BLEU and NIST of mteval, PTB tokens of CoreNLP 3.4.1, METEOR, ROUGE-L and CIDEr of pycocoevalcap."""
import codecs
import csv
import importlib.util
import math
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from .common import Pair, Refused, attempt

REPAIRS = (("\u0141", "\u00a3"), ("\u00c2\u00a3", "\u00a3"), ("\u00c3\u00a9", "\u00e9"), ("\u00e3\u00a9", "\u00e9"))
SOURCE = re.compile(r"mr|src|source|meaning|da|dial(ogue)?[_ .-]act", re.IGNORECASE)
OUTPUT = re.compile(r"out|ref|sys", re.IGNORECASE)
REFERENCE = re.compile(r"trg|tgt|target|ref|human", re.IGNORECASE)


# --- reading -------------------------------------------------------------------------------------------------------
def lines_of(path):
    with codecs.open(path, "rb", "UTF-8") as file:
        return [line.strip() for line in file]


def table_of(path, text):
    """(source, text) of each row."""
    lines = lines_of(path)
    lines[0] = lines[0].replace("\ufeff", "")
    for wrong, right in REPAIRS:
        lines = [line.replace(wrong, right) for line in lines]
    lines = [line for line in lines if line]
    header, *rows = csv.reader(lines, delimiter="\t" if "\t" in lines[0] else ",")
    sources = [i for i, name in enumerate(header) if SOURCE.match(name)]
    texts = [i for i, name in enumerate(header) if text.match(name)]
    if len(sources) != 1 or len(texts) != 1 or any(len(row) != len(header) for row in rows):
        raise ValueError("columns")
    return [(row[sources[0]], row[texts[0]]) for row in rows]


def is_table(path):
    return path.suffix.lower() in (".tsv", ".csv")


def read_both(references, predictions):
    """Texts and groups of references."""
    if is_table(predictions):
        rows = table_of(predictions, OUTPUT)
        sources, texts = [source for source, _ in rows], [text for _, text in rows]
    else:
        sources, texts = None, lines_of(predictions)
    if not is_table(references):
        groups = [[]]
        for line in lines_of(references):
            if line:
                groups[-1].append(line)
            else:
                groups.append([])
        if not groups[-1]:
            groups.pop()
        groups = [[text] for text in groups[0]] if len(groups) == 1 else groups
    elif sources is None:
        groups, last = [], None
        for source, text in table_of(references, REFERENCE):
            if source != last:
                groups.append([])
            groups[-1].append(text)
            last = source
    else:
        by_source = {}
        for source, text in table_of(references, REFERENCE):
            by_source.setdefault(source, []).append(text)
        groups = [by_source[source] for source in sources]
    if len(groups) != len(texts) or not all(groups):
        raise ValueError("numbers of items")
    return texts, groups


# --- scores --------------------------------------------------------------------------------------------------------
def mteval_tokens(text):
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, character in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, character)
    text = f" {text} "
    text = re.sub(r"([ -&(-+:-@\[-`{-~/])", r" \1 ", text)
    text = re.sub(r"([^0-9])([.,])", r"\1 \2 ", text)
    text = re.sub(r"([.,])([^0-9])", r" \1 \2", text)
    text = re.sub(r"([0-9])(-)", r"\1 \2 ", text)
    return [token.lower() for token in re.sub(r"\s+", " ", text).strip().split(" ")]


def grams(tokens, n):
    return Counter(tuple(tokens[i:i + n]) for i in range(len(tokens) - n + 1))


def most(references, n):
    """The largest count of each n-gram in one reference."""
    largest = Counter()
    for reference in references:
        largest |= grams(reference, n)
    return largest


def bleu(texts, groups):
    hits, lengths, reference_length = [0] * 5, [0] * 5, 0
    for text, group in zip(texts, groups):
        for n in range(1, 5):
            hits[n] += sum((grams(text, n) & most(group, n)).values())
            lengths[n] += len(text) - n + 1
        reference_length += min((abs(len(one) - len(text)), len(one)) for one in group)[1]
    logs = sum(math.log(max(hits[n], 1e-15) / max(lengths[n], 1e-9)) for n in range(1, 5))
    brevity = 1.0 if lengths[1] > reference_length else math.exp(1 - reference_length / (lengths[1] or 1e-5))
    return brevity * math.exp(logs / 4)


def nist(texts, groups):
    counts = [sum((grams(one, n) for group in groups for one in group), Counter()) for n in range(1, 6)]
    total = sum(counts[0].values())

    def information(gram):
        before = total if len(gram) == 1 else counts[len(gram) - 2][gram[:-1]]
        return math.log2(before / counts[len(gram) - 1][gram])

    score = 0.0
    for n in range(1, 6):
        gained = sum(information(gram) * count for text, group in zip(texts, groups)
                     for gram, count in (grams(text, n) & most(group, n)).items())
        length = sum(len(text) - n + 1 for text in texts)
        if length == 0:
            return None  # a division by zero upstream
        score += gained / length
    ratio = sum(map(len, texts)) / sum(sum(map(len, group)) / len(group) for group in groups)
    penalty = 1.0 if ratio >= 1 else 0.0 if ratio <= 0 else math.exp(math.log(0.5) / math.log(1.5) ** 2 * math.log(ratio) ** 2)
    return score * penalty


def captions(session, texts, groups):
    """The PTB texts, as pycocoevalcap's scorers take them."""
    ptb = lambda text: session.texts.one({"ptb": text})
    return {i: [ptb(text) for text in group] for i, group in enumerate(groups)}, {i: [ptb(text)] for i, text in enumerate(texts)}


def coco_scores(session, texts, groups):
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge
    references, hypotheses = captions(session, texts, groups)
    out = {}
    for name, scorer in (("rouge_l", Rouge()), ("cider", Cider())):
        value, items = scorer.compute_score(references, hypotheses)
        out[name] = [float(value), [float(item) for item in items]]
    if session.meteor is not None:
        value, items = session.meteor.compute_score(references, hypotheses)
        out["meteor"] = [value, items]
    return out


def open_meteor():
    """pycocoevalcap's METEOR, a Java process; None where it is not installed."""
    if importlib.util.find_spec("pycocoevalcap") is None:
        return None
    from pycocoevalcap.meteor.meteor import Meteor
    return attempt(Meteor)


# --- random files --------------------------------------------------------------------------------------------------
WORDS = ["The", "cat", "pub", "near", "\u00a320", "\u00c3\u00a9t\u00e9", "caf\u00e9", "isn't", "area.", "family-friendly", "3.5", "1,000", "x", ".", ",", "!", "a",
         "place/pub", "&amp;", "\u0141", "\u00e3\u00a9", "it", "cheap", "Punter", "\u2019s", "\u0130", "\u00df", "\u03a3", "..", "-", "20-25", "&quot;", "<b>", "\u00a0", "--"]
QUOTES = ['"', '""', '"Aromi"', '"a, b"', '"x', 'y"', "'"]
ENDS = ["\n"] * 12 + ["\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\n\n"]


def random_text(rng, quotes):
    words = [rng.choice(QUOTES if rng.random() < quotes else WORDS) for _ in range(rng.randrange(1, 9))]
    text = "".join(word + rng.choice([" "] * 8 + ["", "  ", ", "]) for word in words)
    return text.strip() if rng.random() < 0.8 else " " + text


def field_of(rng, text, delimiter):
    if rng.random() < 0.5 and (delimiter in text or '"' in text) or rng.random() < 0.1:
        inner = text.replace('"', '""')
        if rng.random() < 0.2:
            inner = inner.replace(" ", rng.choice(["\n", " \n", "\n\n", "\r\n", "\u2028"]), 1)
        return f'"{inner}"'
    return text if rng.random() < 0.2 else text.replace(delimiter, " ")


def random_table(rng, rows, role, delimiter, ending):
    name = rng.choice(["output", "Output", "sys", "out", "system output", "ref"] if role == "predictions" else ["ref", "reference", "target", "Human", "tgt", "trg"])
    columns = [[rng.choice(["mr", "MR", "source", "src", "meaning_representation", "dialogue act"]), 0], [name, 1]]
    if rng.random() < 0.2:
        columns.insert(rng.randrange(3), [rng.choice(["id", "note", "prediction", "system", "dial", "mr_id", "data"]), 2])
    if rng.random() < 0.2:
        rng.shuffle(columns)
    out = "\ufeff" if rng.random() < 0.2 else ""
    out += delimiter.join(f'"{column}"' if rng.random() < 0.1 else column for column, _ in columns) + ending()
    for number, (source, text) in enumerate(rows):
        row = [source, text, str(number)]
        out += delimiter.join(field_of(rng, row[place], delimiter) for _, place in columns) + ending()
    return out


def random_files(rng, folder):
    quotes = rng.choice([0.0, 0.05, 0.3])
    clean = rng.random() < 0.7
    ending = lambda: "\n" if clean else rng.choice(ENDS)
    groups = [[random_text(rng, quotes) for _ in range(rng.randrange(1, 4))] for _ in range(rng.randrange(2, 6))]
    texts = [rng.choice(group) if rng.random() < 0.5 else random_text(rng, quotes) for group in groups]
    if rng.random() < 0.1:
        texts[rng.randrange(len(texts))] = ""
    sources = [rng.choice(["name[A], area[b]", f"m{i}", f'"m{i}"', f"m {i},x"]) + str(i) for i in range(len(groups))]
    paths = []
    for role in ("references", "predictions"):
        suffix = rng.choice([".txt", ".tsv", ".csv", ".TSV", ".txt"])
        delimiter = "," if suffix == ".csv" and rng.random() < 0.9 else "\t"
        if suffix == ".txt":
            parts = [text + ending() for text in texts] if role == "predictions" else ["".join(t + ending() for t in group) + ending() for group in groups]
            content = "".join(parts)
        else:
            rows = list(zip(sources, texts)) if role == "predictions" else [(s, t) for s, group in zip(sources, groups) for t in group]
            if role == "references" and rng.random() < 0.3:
                rng.shuffle(rows)
            content = random_table(rng, rows, role, delimiter, ending)
        raw = content.encode("utf-8")
        if rng.random() < 0.03:
            raw = raw.replace(b"e", b"\xe9", 1)
        if rng.random() < 0.2:
            raw = raw.rstrip(b"\r\n")
        paths.append(folder / (role + suffix))
        paths[-1].write_bytes(raw)
    return paths


def case(session, rng, folder):
    references, predictions = random_files(rng, folder)
    if not hasattr(session, "meteor"):
        session.meteor = open_meteor()
    names = ["bleu", "nist", "rouge_l", "cider"] + ["meteor"] * (session.meteor is not None)
    wanted = attempt(lambda: read_both(references, predictions))
    got = session.texts.one({"predictions": str(predictions), "references": str(references), "metrics": names})
    if isinstance(wanted, Refused) or isinstance(got, Refused):
        return [Pair("files", wanted, got)]
    pairs = [Pair("texts", wanted[0], got["texts"]), Pair("references", wanted[1], got["references"])]
    if pairs[0].wanted != pairs[0].got or pairs[1].wanted != pairs[1].got:
        return pairs
    tokens = [mteval_tokens(text) for text in wanted[0]], [[mteval_tokens(text) for text in group] for group in wanted[1]]
    scores = {"bleu": [bleu(*tokens)], "nist": [nist(*tokens)]}
    scores.update(coco_scores(session, *wanted))
    for name, value in scores.items():
        if value[0] is not None:
            ours = got["scores"][name]
            pairs.append(Pair(name, value, ours[:1] if len(value) == 1 else ours, 1e-9))
    return pairs


# --- PTB tokens ----------------------------------------------------------------------------------------------------
PIECES = [
    "the", "The", "U.S.", "e.g.", "Mr.", "St.", "Inc.", "co.", "a.m.", "isn't", "don\u2019t", "cannot", "gonna", "'tis",
    "O'Neil", "it's", "IT'S", "dogs'", "'90s", "\u00a320", "$5.50", "US$5", "20\u20ac", "1,000.5", "-25", "+3", "3/4", "1 1/2",
    "10:30", "10-20-2010", "5/5/99", "555 1234", "555-123-4567", "50%", "No. 5", "a@b.com", "me.you@mail.example.org",
    "http://x.org/a?b=c", "www.example.com", "example.com", "file.txt", "@user", "#tag", "#1", ":-)", ":)", ";-D", "^_^", "<3",
    "<unk>", "<b>", "</b>", "<br/>", '<a href="x y">', "<!-- c -->", "<?xml?>", "<name>", "< b >", "<1>", "<UNK>", "<s>",
    "&amp;", "&lt;", "&quot;", "&nbsp;", "&#39;", "&eacute;", "&x;", "&", "AT&T", "R&D", "c++", "C#", ".NET", "F-16",
    "family-friendly", "non-EU-based", "place/pub", "and/or", "a/b/c", "x_y", "__", "***", "--", "---", "-----", "...", "..",
    "....", ". . .", "\u2026", "!!", "?!", "?", "!", ",", ";", ":", "(", ")", "[", "]", "{", "}", '"', "''", "``", "`", "'",
    "\u2018", "\u2019", "\u201c", "\u201d", "\u2013", "\u2014", "\u00ab", "\u00bb", "-LRB-", "(c)", "\u00a9", "caf\u00e9",
    "\u00c9t\u00e9", "na\u00efve", "\u5b57", "\u00bd", "\u00b0C", "\u00a0", "\u3000", "\u00ad", "A.", "B.", "p.m.", "Jan.",
    "Calif.", "Ph.D.", "etc.", "vs.", "al.", "area.It", "Yahoo!", "*", "+", "=", "%", "~", "|", "\\", "^", "/", "#", "$",
    "\u00a5", "\u00a2", "pro-", "anti-", "l'\u00e9t\u00e9", "y'all", "c'mon", "ma'am", "rock'n'roll", "2nd", "1990s", "x2",
    "H2O", "1.", "12.", "3rd.", "\u00d7", "\u2192", "\u20ac5", "\t", "(212) 555-1234", "+44 20 7946 0958", "3a.txt",
    "20.5.tar.gz", "non-U.S.", "anti-O'Neil"]


def ptb_tokens(lines):
    """What the Java tokenizer makes of each line. A line between two keeps them from seeing each other."""
    import pycocoevalcap
    from pycocoevalcap.tokenizer.ptbtokenizer import PUNCTUATIONS
    jar = next(Path(next(iter(pycocoevalcap.__path__))).glob("tokenizer/stanford-corenlp-3.4.1.jar"))
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", newline="\n") as file:
        file.write("\nzz\n".join(lines) + "\nzz\n")
        file.flush()
        done = subprocess.run(["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-cp", jar, "edu.stanford.nlp.process.PTBTokenizer",
                               "-preserveLines", "-lowerCase", file.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    out = done.stdout.decode().split("\n")
    assert len(out) >= 2 * len(lines) and all(line.strip() == "zz" for line in out[1:2 * len(lines):2]), "lines were lost"
    return [" ".join(word for word in line.rstrip().split(" ") if word not in PUNCTUATIONS) for line in out[:2 * len(lines):2]]


def ptb_case(session, rng, folder):
    if importlib.util.find_spec("pycocoevalcap") is None:
        return None
    lines = []
    for _ in range(200):
        pieces = [rng.choice(PIECES) for _ in range(rng.randrange(1, 7))]
        # Not glued to an entity: what looks ahead sees its letters there, and one character with us.
        lines.append("".join(" " * piece.startswith("&") + piece + rng.choice([" ", " ", " ", "", "."]) for piece in pieces).strip())
    (folder / "lines.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    wanted = attempt(lambda: ptb_tokens(lines))
    if isinstance(wanted, Refused):
        return None
    got = session.texts.ask([{"ptb": line} for line in lines])
    return [Pair(line, a, b) for line, a, b in zip(lines, wanted, got)]


# --- labels --------------------------------------------------------------------------------------------------------
def labels_case(session, rng, _):
    pairs = []
    for _ in range(20):
        classes, items = rng.randrange(2, 7), rng.randrange(1, 30)
        used = rng.sample(range(classes), rng.randrange(1, classes + 1))
        gold = [rng.choice(used) for _ in range(items)]
        predicted = [label if rng.random() < 0.5 else rng.randrange(classes) for label in gold]
        both, seen = Counter(zip(gold, predicted)), sorted({*gold, *predicted})
        true, said = Counter(gold), Counter(predicted)
        f1 = {label: 2 * both[label, label] / (true[label] + said[label]) if label in seen else 0.0 for label in range(classes)}
        covariance = lambda a, b: items * sum(1 for x, y in zip(a, b) if x == y) - sum(Counter(a)[k] * Counter(b)[k] for k in range(classes))
        spread = covariance(gold, gold) * covariance(predicted, predicted)
        matthews = covariance(gold, predicted) / math.sqrt(spread) if spread > 0 else 0.0
        wanted = [sum(both[k, k] for k in seen) / items, f1[1] if classes == 2 else sum(f1[k] for k in seen) / len(seen), matthews]
        request = {"gold": gold, "predicted": predicted, "classes": classes}
        pairs.append(Pair(request, wanted, session.texts.one(request), 1e-12))
    return pairs
