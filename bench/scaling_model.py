#!/usr/bin/env python3
"""Expected efficiency of data-parallel training, computed from measured pieces; prints the tables of docs/scaling.md.

scaling_model.py LENGTHS: a file with the tokens of one example a line (eida-eval tokenize, see docs/scaling.md).
"""
import heapq
import math
import random
import sys

# Seconds of one step on one core of docs/benchmarks.md's machine, by its examples (eida_train_bench, float32).
ROBERTA_LARGE = {1: 0.49, 2: 0.68, 4: 1.26, 8: 1.92, 16: 3.50}
FLOATS = {"RoBERTa-large": 595_970, "GPT-2 XL": 1_179_648}  # trained at rank 64 everywhere
# Seconds that one process computes for its share of a step that has enough for all, and its workers, one for four threads, which
# read and tokenize. A GPU's are those that the base sizes took on an H100 (docs/benchmarks.md), where issuing kernels is the limit,
# times the layers; its host has 16 cores.
COMPUTE = {
    "RoBERTa-large": [("one core, measured", 3.50, 0), ("32 cores, computed", 3.50 / 32, 8), ("H100, computed", 0.0277 * 24 / 12, 4)],
    "GPT-2 XL": [("one core, measured", 26.0, 0), ("32 cores, computed", 26.0 / 32, 8), ("H100, computed", 0.0327 * 48 / 12, 4)],
}
ROWS_PER_SECOND = 57_000  # of a worker, rows of 60 tokens in random order from a large file (eida_data_bench, two workers: 114,000)
NETWORKS = [("10 Gbit/s, 30 us", 30e-6, 1.1e9), ("100 Gbit/s, 2 us", 2e-6, 11e9)]
PROCESSES = [2, 8, 64, 512]


def all_reduce_seconds(floats, processes, latency, rate):
    """Reduce-scatter and all-gather: 2 log2 P messages, each byte sent about twice."""
    share = (processes - 1) / processes
    return 2 * math.ceil(math.log2(processes)) * latency + 2 * share * 4 * floats / rate


def shard_costs(costs, processes):
    """As share_out() of src/parallel/shards.cpp."""
    loads = [0] * processes
    for cost in sorted(costs, reverse=True):
        heapq.heapreplace(loads, loads[0] + cost)
    return loads


def read_seconds(examples, computing, workers):
    """What reading adds to a step: every process reads all of the step's examples, ahead where it has threads for it."""
    if workers == 0:
        return examples / ROWS_PER_SECOND
    return max(0.0, examples / (workers * ROWS_PER_SECOND) - computing)


def balance(lengths, examples, processes, steps=200):
    """Mean over maximum of the processes' tokens: batches of 16 of similar length, windows of 50 batches."""
    rng = random.Random(0)
    mean = slowest = 0.0
    for _ in range(steps):
        batches = []
        while len(batches) * 16 < examples:
            window = sorted(rng.sample(lengths, 800))
            start = 16 * rng.randrange(50)
            batches.append(window[start:start + 16])
        step = [length for batch in batches for length in batch][:examples]
        shares = shard_costs(step, processes)
        mean += sum(shares) / processes
        slowest += max(shares)
    return mean / slowest


def main():
    lengths = [int(line) for line in open(sys.argv[1], encoding="utf-8")]
    print("| model | a process | network | " + " | ".join(map(str, PROCESSES)) + " |")
    print("|---|---|---|" + "---|" * len(PROCESSES))
    for model, machines in COMPUTE.items():
        for machine, seconds, workers in machines:
            for network, latency, rate in NETWORKS:
                cells = []
                for processes in PROCESSES:
                    step = seconds / balance(lengths, 16 * processes, processes, steps=20)
                    step += read_seconds(16 * processes, step, workers)
                    step += all_reduce_seconds(FLOATS[model], processes, latency, rate)
                    cells.append(f"{100 * seconds / step:.0f} %")
                print(f"| {model} | {machine} | {network} | " + " | ".join(cells) + " |")
    print("\n| processes | examples of each | seconds, one core | balance of tokens | efficiency |\n|---|---|---|---|---|")
    for processes in (2, 4, 8, 16):
        own = 16 // processes
        even = balance(lengths, 16, processes)
        step = ROBERTA_LARGE[own] / even + all_reduce_seconds(FLOATS["RoBERTa-large"], processes, *NETWORKS[0][1:])
        print(f"| {processes} | {own} | {ROBERTA_LARGE[own]:.2f} | {even:.2f} | "
              f"{100 * ROBERTA_LARGE[16] / processes / step:.0f} % |")


if __name__ == "__main__":
    main()
