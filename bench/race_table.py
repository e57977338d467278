"""Medians and ratios of a race as a Markdown table: race_table.py LINES.jsonl OURS:PEER …"""
import json
import statistics
import sys
from collections import defaultdict

SECONDS = ("seconds_per_step", "seconds_per_mr", "extrapolated_128_examples", "extrapolated_122", "median_s", "seconds")

results = defaultdict(list)
for line in open(sys.argv[1]):
    entry = json.loads(line)
    results[entry["name"]].append(entry["result"])


def seconds(name):
    key = next(k for k in SECONDS if k in results[name][0])
    return statistics.median(r[key] for r in results[name])


def memory(name):
    """The GPU's where a race ran there, else the process's."""
    return max(r.get("peak_gpu_mib", r.get("peak_rss_mib", 0)) for r in results[name])


print("| ours | peer | ours, s | peer, s | ratio | peak MiB, ours / peer |\n|---|---|---|---|---|---|")
for pair in sys.argv[2:]:
    ours, peer = pair.split(":")
    share = f"{memory(ours):.0f} / {memory(peer):.0f}" if memory(ours) else "–"
    print(f"| {ours} | {peer} | {seconds(ours):,.3f} | {seconds(peer):,.3f} | {seconds(peer) / seconds(ours):.2f} | {share} |")
    if results[ours][0].get("trainable") != results[peer][0].get("trainable"):
        print(f"race_table: {ours} and {peer} do not train as many parameters", file=sys.stderr)
