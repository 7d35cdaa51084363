#!/usr/bin/env python3
"""What a reader of this tree should never meet: endless files and lines, unfinished words, paths
that exist on one machine only, links to nothing, and prose that hides who does what.

usage: text.py FILE...    (paths from the top of the tree; anything that is not text is passed over)
"""
import pathlib
import re
import sys

import cpp_source

MAX_LINES = 400
MAX_COLUMNS = 100
SOURCES = re.compile(r"\.(cpp|hpp|hpp\.in|cpp\.in|cmake|cmake\.in|py|sh)$|CMakeLists\.txt$"
                     r"|^(dev|\.ci/run)$|/run$")
CPP = re.compile(r"\.(cpp|hpp)(\.in)?$")
# Inputs of the fuzzer are bytes, not text.
BYTES = re.compile(r"^tests/fuzz/corpus/")
# Written so that this file does not find itself.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
ELSEWHERE = re.compile(r"\.\./sha" r"red\b|(?<![\w./])/wo" r"rk(?:/|\b)(?!\w)|/tmp/no" r"tes\b")

# Turns of phrase that hide who does what. Name the actor; say "without", "its own" or "in flight".
# A line that needs one says so, on the line or on the line before it:
#   <!-- lint: allow prose because ... -->        // lint: allow prose because ...
VAGUE_IN_DOCS = [
    "nobody", "somebody", "whoever", "whomever", "(?:is|are|was|were|be|been|being) told",
    "of (?:its|their|our) own", "on (?:its|their) way", "but for", "where there (?:is|are) none",
]
VAGUE_IN_COMMENTS = [
    "nobody", "whoever", "(?:is|are|was|were|be|been|being) told", "of (?:its|their) own",
    "on (?:its|their) way", "but for", "where there is none",
]
CHECK_COMMENTS = True
ALLOW_PROSE = re.compile(r"lint: allow prose because \S")


def phrases(listed: list[str], gap: str) -> re.Pattern:
    """Any of them as whole words, also across the end of a line."""
    return re.compile(r"\b(?:" + "|".join(p.replace(" ", gap) for p in listed) + r")\b",
                      re.IGNORECASE)


IN_DOCS = phrases(VAGUE_IN_DOCS, r"\s+")
IN_COMMENTS = phrases(VAGUE_IN_COMMENTS, r"[\s/*]+")


def prose_of_markdown(text: str) -> str:
    """The text without code; every line keeps its number."""
    kept = []
    fence = ""
    for line in text.split("\n"):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if fence:
            if mark and mark.group(1).startswith(fence):
                fence = ""
            kept.append("")
        elif mark:
            fence = mark.group(1)
            kept.append("")
        else:
            is_code = line.startswith("    ") and not re.match(r"\s*[-*|\d]", line)
            kept.append("" if is_code else re.sub(r"`[^`]*`", "`", line))
    return "\n".join(kept)


def prose_of_comments(text: str) -> str:
    """The comments of C++; what else is there becomes a mark that no phrase crosses."""
    kept = []
    end = 0
    for match in cpp_source.LITERAL.finditer(text):
        kept.append(re.sub(r"\S", "\0", text[end:match.start()]))
        found = match.group(0)
        kept.append(found if found[0] == "/" else re.sub(r"\S", "\0", found))
        end = match.end()
    kept.append(re.sub(r"\S", "\0", text[end:]))
    return "".join(kept)


def vague(text: str, prose: str, listed: re.Pattern) -> list[tuple[int, str]]:
    lines = text.split("\n")
    found = []
    for match in listed.finditer(prose):
        number = prose.count("\n", 0, match.start()) + 1
        if not any(ALLOW_PROSE.search(line) for line in lines[max(number - 2, 0):number]):
            words = " ".join(re.sub(r"[\s/*]+", " ", match.group(0)).split())
            found.append((number, f'"{words}": name the actor, or say it plainly'))
    return found


def long_lines_of_markdown(text: str) -> list[tuple[int, str]]:
    """Prose alone: a table, a fence and the target of a link cannot be broken."""
    found = []
    whole = text.split("\n")
    for number, line in enumerate(prose_of_markdown(text).split("\n"), 1):
        if not line or line.lstrip().startswith("|"):
            continue
        shown = re.sub(r"\]\([^)]*\)|<?https?://\S+", "]", whole[number - 1])
        if len(shown) > MAX_COLUMNS:
            found.append((number, f"{len(shown)} columns, more than {MAX_COLUMNS}"))
    return found


def anchors(text: str) -> set[str]:
    """Of its headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", prose_of_markdown(text.replace("`", "")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-") for head in heads}


def broken_links(path: str, text: str) -> list[tuple[int, str]]:
    """Relative links whose file, or whose heading, does not exist."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"\w+:", target):
                continue
            name, _, heading = target.partition("#")
            file = pathlib.Path(path).parent / name if name else pathlib.Path(path)
            if not file.exists():
                found.append((number, f"a link to nothing: {target}"))
            elif heading and heading not in anchors(file.read_text(encoding="utf-8")):
                found.append((number, f"a link to no heading: {target}"))
    return found


def check(path: str, text: str, comments: bool = CHECK_COMMENTS) -> list[tuple[int, str]]:
    found = []
    lines = text.split("\n")
    is_source = bool(SOURCES.search(path))
    if path.endswith(".md"):
        found += long_lines_of_markdown(text)
        found += vague(text, prose_of_markdown(text), IN_DOCS)
        found += broken_links(path, text)
    if comments and CPP.search(path):
        found += vague(text, prose_of_comments(text), IN_COMMENTS)
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
    return sorted(found)


def main(files: list[str]) -> int:
    bad = 0
    for name in files:
        if BYTES.match(name):
            continue
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
