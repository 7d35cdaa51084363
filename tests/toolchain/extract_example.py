#!/usr/bin/env python3
"""Takes an example out of a Markdown file, so that it is compiled and run as it is printed there.

usage: extract_example.py FILE NAME OUTPUT [REST]

The example is the fenced block after a line `<!-- example: NAME -->`. The file REST follows it.
"""
import pathlib
import sys


def extract(text: str, name: str) -> str:
    lines = text.split("\n")
    marker = f"<!-- example: {name} -->"
    if lines.count(marker) != 1:
        sys.exit(f"extract_example: expected one line `{marker}`, found {lines.count(marker)}")
    start = lines.index(marker) + 1
    if not lines[start].startswith("```"):
        sys.exit(f"extract_example: no fenced block after `{marker}`")
    end = lines.index("```", start + 1)
    return "\n".join(lines[start + 1 : end]) + "\n"


def main() -> None:
    file, name, output, *rest = sys.argv[1:]
    text = extract(pathlib.Path(file).read_text(encoding="utf-8"), name)
    text += "".join(pathlib.Path(more).read_text(encoding="utf-8") for more in rest)
    pathlib.Path(output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
