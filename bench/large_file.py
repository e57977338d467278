"""Writes a labelled file of any size, for measuring that size costs no memory: large_file.py BYTES OUTPUT.tsv [LEAST_WORDS]
Rows are 20,000 seeded sentences of 4 (LEAST_WORDS) to 30 made-up words over and over, each with its number: SST-2's columns, both labels in turn."""
import random
import sys

size, output, least = int(float(sys.argv[1])), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 4
draw = random.Random(0)
words = ["".join(draw.choices("abcdefghilmnoprstuvw", k=draw.randint(2, 9))) for _ in range(5000)]
sentences = [" ".join(draw.choices(words, k=draw.randint(least, 30))) for _ in range(20000)]
with open(output, "w", encoding="ascii") as file:
    written, number = file.write("sentence\tlabel\n"), 0
    while written < size:
        rows = [f"{sentence} {number + i}\t{i % 2}\n" for i, sentence in enumerate(sentences)]
        number += len(rows)
        written += file.write("".join(rows))
print(f"{number} rows, {written} bytes")
