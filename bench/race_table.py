"""Medians and ratios of bench/race.sh as a Markdown table: race_table.py LINES.jsonl"""
import json
import statistics
import sys
from collections import defaultdict

results = defaultdict(list)
for line in open(sys.argv[1]):
    entry = json.loads(line)
    results[entry["name"]].append(entry["result"])


def seconds(name):
    key = next(k for k in ("extrapolated_128_examples", "extrapolated_122", "median_s", "seconds") if k in results[name][0])
    return statistics.median(r[key] for r in results[name])


def memory(name):
    return max(r.get("peak_rss_mib", 0) for r in results[name])


print("| ours | peer | ours, s | peer, s | ratio | peak MiB, ours / peer |\n|---|---|---|---|---|---|")
for ours, peer in (("roberta_fp32", "roberta_reference"), ("roberta_bf16", "roberta_reference"),
                   ("roberta_fp32", "roberta_vectorised"), ("roberta_bf16", "roberta_vectorised"),
                   ("gpt2_fp32", "gpt2_prefix_loop"), ("gpt2_fp32", "gpt2_one_pass"), ("gpt2_bf16", "gpt2_one_pass"),
                   ("pca", "pca_power_numpy"), ("pca", "pca_gram_eigh")):
    share = f"{memory(ours):.0f} / {memory(peer):.0f}" if memory(ours) else "–"
    print(f"| {ours} | {peer} | {seconds(ours):.2f} | {seconds(peer):.2f} | {seconds(peer) / seconds(ours):.2f} | {share} |")
