"""Writes the rows that the Python peers work on, so that both sides have the same sentences in the same order.

peer_rows.py PEERS sst2|e2e COUNT FILE [--grouped BATCH]

Without --grouped: rows drawn with seed 0. With it: COUNT / BATCH batches of like length, one after another.
"""
import argparse
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("peers")
parser.add_argument("task", choices=("sst2", "e2e"))
parser.add_argument("count", type=int)
parser.add_argument("file")
parser.add_argument("--grouped", type=int, metavar="BATCH")
args = parser.parse_args()
sys.path.insert(0, args.peers)
import common  # noqa: E402

read = common.sst2 if args.task == "sst2" else common.e2e
if args.grouped:
    model = "roberta-base" if args.task == "sst2" else "gpt2"
    rows = common.length_grouped(read("train"), args.grouped, args.count // args.grouped, 0, model)
else:
    rows = read("train", args.count, 0)
with open(args.file, "w", encoding="utf-8", newline="\n") as out:
    if args.task == "sst2":
        out.write("sentence\tlabel\n")
    separator = "\t" if args.task == "sst2" else "||"
    out.writelines(separator.join(map(str, row)) + "\n" for row in rows)
