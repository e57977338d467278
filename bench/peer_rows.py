"""Writes the rows that the Python peers sample, so that both sides work on the same sentences.

peer_rows.py PEERS sst2|e2e COUNT FILE"""
import sys

peers, task, count, target = sys.argv[1:]
sys.path.insert(0, peers)
import common  # noqa: E402

with open(target, "w", encoding="utf-8", newline="\n") as out:
    if task == "sst2":
        out.write("sentence\tlabel\n")
        out.writelines(f"{text}\t{label}\n" for text, label in common.sst2("train", int(count), 0))
    else:
        out.writelines("||".join(pair) + "\n" for pair in common.e2e("train", int(count), 0))
