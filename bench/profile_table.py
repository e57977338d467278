"""Shares of GEMM, attention and the rest of profiles as a Markdown table, and what no class holds by name.

profile_table.py FILE=LABEL …      FILE.json: a bench's line, FILE.samples: perf script's pid, tid, time, ip, sym, dso,
                                   FILE.map: begin, size and name of the kernels that oneDNN generated
Only samples within the bench's window count: neither opening the model nor warming up. All threads' samples count alike, so
one that spins at a barrier weighs as much as one that computes. A wait is said to be for a product when the other thread's
sample nearest in time lies in GEMM or attention: it has not finished its part of the product that both work on.
"""
import json
import re
import sys
from bisect import bisect
from collections import Counter, defaultdict

# The first that fits "LIBRARY SYMBOL" holds the sample. oneDNN (brgemm) multiplies with the weights; MKL does the adapters'
# products, those of attention in a training step, and a few more. jit_uni_kernel is oneDNN's GELU.
CLASSES = [
    ("GEMM: packing", r"mkl_\w*copy|brgemm_matmul_copy|copy_[ab]_chunk"),
    ("GEMM: kernels", r"mkl_\w*gem[mv]|gemm_batch|brgemm|dnnl.*gemm"),
    ("attention: fused kernels, softmax", r"flash_attention|attend_row|softmax_(backward_)?lastdim"),
    ("other waits: one thread works alone", r"^libgomp|futex|sched_yield"),
    ("copies, casts, gathering of rows", r"copy_kernel|memmove|memcpy|memset|index_(select|put|kernel)|gather|cat_|copy_(sequence|group)"),
    ("GELU, LayerNorm, dropout, sums, softmax of the vocabulary",
     r"[Gg]elu|tanh|jit_uni_kernel|LayerNorm|RowwiseMoments|drop_some|score_row|scan_stretch|VectorizedLoop2d|vectorized|adamw"),
    ("memory: page faults, allocation", r"^\[kernel|mimalloc|operator (new|delete)|mkl_serv_\w*alloc"),
]
PRODUCTS, WAIT = [name for name, _ in CLASSES[:3]], CLASSES[3][0]
PRODUCT_WAIT, REST = "waits for the other thread's part of a product", "rest"
SAMPLE = re.compile(r"\s*\d+/(\d+)\s+([\d.]+):\s+([0-9a-f]+) (.*) \((.*)\)$")
PATTERNS = [(name, re.compile(pattern)) for name, pattern in CLASSES]


def class_of(name):
    return next((found for found, pattern in PATTERNS if pattern.search(name)), REST)


def read_kernels(file):
    """[(begin, end, name)], ascending; an address that was used twice belongs to the last."""
    kernels = {}
    for line in open(f"{file}.map", encoding="utf-8"):
        begin, size, name = line.split()
        kernels[int(begin, 16)] = (int(begin, 16) + int(size, 16), "oneDNN's own " + re.sub(r"\.\d+$", "", name))
    return sorted((begin, *kernel) for begin, kernel in kernels.items())


def read(file):
    """[(time, class, "LIBRARY SYMBOL")] of each thread in the bench's window, and the window."""
    begin, end = json.load(open(f"{file}.json", encoding="utf-8"))["window"]
    threads, kernels = defaultdict(list), read_kernels(file)
    for text in open(f"{file}.samples", encoding="utf-8", errors="replace"):
        match = SAMPLE.match(text)
        if match and begin <= float(match[2]) <= end:
            name, address = f"{match[5].split('/')[-1]} {match[4]}", int(match[3], 16)
            kernel = kernels[bisect(kernels, (address + 1,)) - 1] if kernels else (0, 0, "")
            if kernel[0] <= address < kernel[1]:  # perf itself misses some of them
                name = kernel[2]
            threads[match[1]].append((float(match[2]), class_of(name), name))
    if not threads:
        sys.exit(f"profile_table: no samples of {file} in its window")
    return [sorted(samples) for samples in threads.values()], end - begin


def waits_for_product(time, others):
    """Whether what another thread does nearest to `time` is a product."""
    near = []
    for samples in others:
        i = bisect(samples, (time,))
        near += [(abs(time - at), found) for at, found, _ in samples[max(i - 1, 0):i + 1]]
    return bool(near) and min(near)[1] in PRODUCTS


def main():
    labels, columns, notes = [], [], []
    for argument in sys.argv[1:]:
        file, label = argument.split("=", 1)
        threads, seconds = read(file)
        classes, rest = Counter(), Counter()
        for samples in threads:
            others = [other for other in threads if other is not samples]
            for time, found, name in samples:
                classes[PRODUCT_WAIT if found == WAIT and waits_for_product(time, others) else found] += 1
                rest[(name if "[unknown]" in name else name.split(" ", 1)[1])[:60]] += found == REST
        labels.append(label)
        columns.append(classes)
        named = ", ".join(f"`{name}` {100 * count / classes.total():.2f}" for name, count in rest.most_common(10))
        notes.append(f"- {label}: {classes.total():,} samples in {seconds:.1f} s. Largest of the rest, %: {named}")

    share = lambda classes, names: f"{100 * sum(classes[name] for name in names) / classes.total():.1f}"
    row = lambda title, names: print(f"| {title} | {' | '.join(share(classes, names) for classes in columns)} |")
    print(f"| % of the threads' time | {' | '.join(labels)} |\n|---|{'---|' * len(labels)}")
    for name in [*PRODUCTS, PRODUCT_WAIT, *(name for name, _ in CLASSES[3:]), REST]:
        row(name, [name])
    row("**GEMM and attention**", PRODUCTS)
    row("**the same, waits within products included**", [*PRODUCTS, PRODUCT_WAIT])
    print("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
