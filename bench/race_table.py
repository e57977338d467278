"""Medians, ratios and their spread of a race as a Markdown table.

race_table.py LINES.jsonl "JOB | OURS | WHAT PYTHON DOES | PEER" …      a JOB alone is a heading within the table
OURS and PEER are names in LINES, whose n-th lines make the n-th round. Spread: the least and the largest ratio of a round.
"""
import json
import statistics
import sys
from collections import defaultdict

SECONDS = ("seconds_per_step", "seconds_per_mr", "extrapolated_128_examples", "extrapolated_122", "seconds")


def digits(value):
    """Three significant digits; thousands whole."""
    decimals = next((d for d, least in ((0, 99.95), (1, 9.995), (2, 0.9995)) if value >= least), 3)
    return f"{value:,.{decimals}f}"


def duration(seconds):
    return f"{digits(seconds)} s" if seconds >= 0.0995 else f"{digits(1000 * seconds)} ms"


def ratio_cells(ours, peer):
    """Ratio of the medians, and its least and largest value over the rounds: `ours` and `peer` are seconds."""
    text = lambda value: f"{value:.0f}" if value >= 19.5 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"
    rounds = [b / a for a, b in zip(ours, peer)]
    spread = " to ".join(dict.fromkeys([text(min(rounds)), text(max(rounds))])) if len(rounds) > 1 else "–"
    return f"{text(statistics.median(peer) / statistics.median(ours))} | {spread}"


def main():
    results = defaultdict(list)
    for line in open(sys.argv[1], encoding="utf-8"):
        entry = json.loads(line)
        results[entry["name"]].append(entry["result"])

    def seconds(name):
        key = next(k for k in SECONDS if k in results[name][0])
        return [result[key] for result in results[name]]

    def memory(name):
        """The GPU's where a race ran there, else the process's."""
        peak = max(r.get("peak_gpu_mib", r.get("peak_rss_mib", 0)) for r in results[name])
        return f"{peak:,.0f}" if peak else "–"

    print("| job | ours | Python | ratio | spread | peak MiB, ours / Python |\n|---|---|---|---|---|---|")
    for row in sys.argv[2:]:
        job, *rest = (cell.strip() for cell in row.split("|"))
        if not rest:
            print(f"| **{job}** | | | | | |")
            continue
        ours, what, peer = rest
        print(f"| {job} | {duration(statistics.median(seconds(ours)))} | {duration(statistics.median(seconds(peer)))}: {what} | "
              f"{ratio_cells(seconds(ours), seconds(peer))} | {memory(ours)} / {memory(peer)} |")
        if results[ours][0].get("trainable") != results[peer][0].get("trainable"):
            print(f"race_table: {ours} and {peer} do not train as many parameters", file=sys.stderr)


if __name__ == "__main__":
    main()
