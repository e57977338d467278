"""Files of examples as tokens: texts and pairs (also with an empty second text) cut on the side that the folder says, beside transformers;
prompts and completions with their end token."""
import csv
import io
import json

from transformers import AutoTokenizer

from . import settings
from .common import Pair, Refused, attempt

TEXTS = ["the cat", "cat sat on the mat", "Good film!", "good", " the", "the ", "\u00e9t\u00e9 \u5b57", "x", '"', 'say "cat"', "the, cat", "a  b", "<new> cat", "", "mat" * 9]


def random_rows(rng, columns):
    rows = []
    for _ in range(rng.randrange(2, 7)):
        row = {column: rng.choice(TEXTS) if rng.random() < 0.8 else " ".join(rng.choices(settings.WORDS, k=6)) for column in columns}
        if "label" in row:
            row["label"] = str(rng.randrange(2))
        if row.get("completion") == "":  # refused: nothing to learn
            row["completion"] = " "
        rows.append(row)
    if "label" in columns:
        rows[0]["label"], rows[1]["label"] = "0", "1"
    return rows


def write_rows(rng, folder, columns, rows):
    """TSV has no quotes (GLUE), CSV has, JSONL a value a key."""
    kind = rng.choice(["tsv", "csv", "jsonl"])
    path = folder / f"rows.{kind}"
    end = rng.choice(["\n", "\n", "\r\n"])
    if kind == "jsonl":
        text = "".join(json.dumps(row, ensure_ascii=rng.random() < 0.5) + end for row in rows)
    elif kind == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator=end, quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        writer.writerows([columns, *([row[column] for column in columns] for row in rows)])
        text = out.getvalue()
    else:
        text = "".join("\t".join(fields) + end for fields in [columns, *([row[column] for column in columns] for row in rows)])
    path.write_bytes(("\ufeff" * (rng.random() < 0.2) + text).encode())
    return path


def theirs(tokenizer, rows, columns, max_length, ends, separator):
    """Ids, types, label and length of the context of each row."""
    out = []
    for row in rows:
        if ends is None:
            pair = [row["sentence2"]] if "sentence2" in columns else None  # in lists: "" alone would be no second text
            got = tokenizer([row[columns[0]]], pair, truncation=max_length > 0, max_length=max_length or None, return_token_type_ids=True)
            out.append([got["input_ids"][0], got["token_type_ids"][0], int(row["label"]), 0])
            continue
        plain = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
        whole, bare, known = tokenizer("a")["input_ids"], plain("a"), "<|endoftext|>" in tokenizer.get_vocab()
        begin = whole[:next((i for i in range(len(whole)) if whole[i:i + len(bare)] == bare), len(whole))]
        between = separator or ("<|endoftext|>" if known else "\n")
        context = begin + (plain(row["prompt"]) + [tokenizer.convert_tokens_to_ids(between)] if known and between == "<|endoftext|>"
                           else plain(row["prompt"] + between))
        spaced = not between.endswith("\n") and not row["completion"].startswith(" ")
        ids = [*context, *plain(" " * spaced + row["completion"]), ends[0]]
        ids = ids[:max_length] if max_length > 0 else ids
        out.append([ids, [0] * len(ids), -1, len(context)] if len(ids) > len(context) else None)
    return out


def case(session, rng, folder):
    files = settings.random_folder(folder, rng)
    columns = rng.choice([["sentence", "label"], ["sentence1", "sentence2", "label"], ["prompt", "completion"]])
    rows = random_rows(rng, columns)
    max_length, task = rng.choice([0, 0, 5, 6, 8]), "prompt" if "prompt" in columns else "classification"
    path = write_rows(rng, folder, columns, rows)
    tokenizer = attempt(lambda: AutoTokenizer.from_pretrained(folder))
    if isinstance(tokenizer, Refused):
        return None
    ends = [rng.randrange(4)] if task == "prompt" else None
    separator = rng.choice(["", "\n", "##", "<|endoftext|>"])
    wanted = attempt(lambda: theirs(tokenizer, rows, columns, max_length, ends, separator))
    if isinstance(wanted, Refused):
        return None
    request = {"rows": str(path), "task": task, "max_length": max_length, **({} if ends is None else {"ends": ends, "separator": separator})}
    opened = session.texts.one({"tokenizer": str(folder)})
    got = opened if isinstance(opened, Refused) else session.texts.one(request)
    said = [files.get("tokenizer_config.json"), request, rows]
    if isinstance(got, Refused):
        return [Pair(said, wanted, got)]
    return [Pair([said[:2], row], *pair) for row, *pair in zip(rows, wanted, got, strict=True)]
