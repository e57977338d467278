"""Replaces what stands between <!-- bench: NAME --> and <!-- /bench --> in a Markdown file by what comes on the standard input.

put_block.py FILE NAME               refuses when FILE has not one such block
put_block.py FILE --check NAME …     writes nothing: do these blocks exist?
"""
import os
import re
import sys
from pathlib import Path

CLOSING = "<!-- /bench -->"


def block(text, name):
    """Where the content of a block begins and ends."""
    opening = f"<!-- bench: {name} -->\n"
    if text.count(opening) != 1:
        sys.exit(f"put_block: {text.count(opening)} blocks '{name}', wanted one")
    begin = text.index(opening) + len(opening)
    end = text.find(CLOSING, begin)
    if end < 0 or "<!-- bench: " in text[begin:end]:
        sys.exit(f"put_block: block '{name}' has no end")
    return begin, end


def main():
    path, names = Path(sys.argv[1]), sys.argv[2:]
    text = path.read_text(encoding="utf-8")
    if names[0] == "--check":
        for name in names[1:]:
            block(text, name)
        return
    begin, end = block(text, names[0])
    content = sys.stdin.read().strip()
    if not content or re.search(r"^<!-- /?bench", content, re.MULTILINE):
        sys.exit(f"put_block: nothing to put into '{names[0]}', or markers in it")
    part = path.with_name(path.name + ".part")
    part.write_text(f"{text[:begin]}{content}\n{text[end:]}", encoding="utf-8", newline="\n")
    os.replace(part, path)


if __name__ == "__main__":
    main()
