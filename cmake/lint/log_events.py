#!/usr/bin/env python3
"""The log lines of the library and the programs, and the tables of docs/logs.md: each event of the
sources is documented, and each documented event exists.

usage: log_events.py FILE...    (paths from the top of the tree; other files are passed over)
"""
import pathlib
import re
import sys

DOCS = "docs/logs.md"
SOURCES = re.compile(r"(lib/(?!sim/|testing/)|apps/(?!scheduler/|demo/)).*\.(cpp|hpp)$")
# A call with a level writes a line: the texts before its fields are events.
CALL = re.compile(r"\b(?:log|log_of|report|log_member)\(")
# An event that is chosen before it is logged.
CHOSEN = re.compile(r"\bevent\s*=|\bdecline\(")
# What the log of outages gets: its events have names.
NAMED = re.compile(r"constexpr std::string_view \w+_failed\s*=\s*\"([^\"]+)\"")
LITERAL = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"(?:\s*\"((?:[^\"\\\n]|\\.)*)\")*")


def joined(literal: str) -> str:
    """A literal of several pieces as one text."""
    return "".join(re.findall(r"\"((?:[^\"\\\n]|\\.)*)\"", literal))


def end_of_head(text: str, begin: int) -> int:
    """Where the arguments before the first brace of the fields end."""
    depth = 1
    plain = LITERAL.sub(lambda match: "x" * len(match.group(0)), text[begin:begin + 2000])
    text = text[:begin] + plain
    for at in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if text[at] in "{;" or depth == 0:
            return at
    return len(text)


def events(text: str) -> set[str]:
    found = set(NAMED.findall(text))
    for call in [*CALL.finditer(text), *CHOSEN.finditer(text)]:
        head = text[call.end():end_of_head(text, call.end())]
        if "log_level::" in head or CHOSEN.match(call.group(0)):
            found |= {joined(match.group(0)) for match in LITERAL.finditer(head)}
    return found


def documented(text: str) -> set[str]:
    """The first cells of its tables, of which one may have several events."""
    found = set()
    for line in text.split("\n"):
        if line.startswith("| `"):
            found |= set(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return found


def main() -> int:
    found: set[str] = set()
    texts = []
    for name in sys.argv[1:]:
        if SOURCES.match(name):
            text = pathlib.Path(name).read_text(encoding="utf-8")
            found |= events(text)
            texts.append(re.sub(r"\"\s*\n\s*\"", "", text))
    told = documented(pathlib.Path(DOCS).read_text(encoding="utf-8"))
    everything = "\n".join(texts)
    problems = [f"{DOCS}: the event \"{event}\" is missing" for event in sorted(found - told)]
    problems += [f"{DOCS}: no source has the event \"{event}\"" for event in sorted(told)
                 if f'"{event}"' not in everything]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
