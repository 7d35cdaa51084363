#!/usr/bin/env python3
"""What a reader of this tree should never meet: endless files and lines, unfinished words, paths
that exist on one machine only.

usage: text.py FILE...    (paths from the top of the tree; anything that is not text is passed over)
"""
import pathlib
import re
import sys

MAX_LINES = 400
MAX_COLUMNS = 100
SOURCES = re.compile(r"\.(cpp|hpp|hpp\.in|cpp\.in|cmake|cmake\.in|py|sh)$|CMakeLists\.txt$"
                     r"|^(dev|\.ci/run)$|/run$")
# Written so that this file does not find itself.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
ELSEWHERE = re.compile(r"\.\./sha" r"red\b|(?<![\w./])/wo" r"rk(?:/|\b)(?!\w)|/tmp/no" r"tes\b")


def check(path: str, text: str) -> list[tuple[int, str]]:
    found = []
    lines = text.split("\n")
    is_source = bool(SOURCES.search(path))
    if is_source and len(lines) - 1 > MAX_LINES:
        found.append((MAX_LINES + 1, f"{len(lines) - 1} lines, more than {MAX_LINES}: split it"))
    for number, line in enumerate(lines, 1):
        if is_source and len(line) > MAX_COLUMNS:
            found.append((number, f"{len(line)} columns, more than {MAX_COLUMNS}"))
        if is_source and "\t" in line:
            found.append((number, "tab character"))
        if line != line.rstrip() and not path.endswith(".md"):
            found.append((number, "blank at the end of the line"))
        if UNFINISHED.search(line):
            found.append((number, "unfinished: do it, or open an issue"))
        if ELSEWHERE.search(line):
            found.append((number, "a path outside of this tree"))
    if text and not text.endswith("\n"):
        found.append((len(lines), "no newline at the end"))
    return found


def main(files: list[str]) -> int:
    bad = 0
    for name in files:
        try:
            text = pathlib.Path(name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, IsADirectoryError):
            continue
        for line, why in check(name, text):
            print(f"{name}:{line}: text: {why}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
