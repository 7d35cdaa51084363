#!/usr/bin/env python3
"""Refuses include cycles in lib/: files that need each other are read and tested only together.

A cycle is one between units. A header and the .cpp of the same name are one unit. A .cpp without
such a header belongs to the header of its layer whose class it implements: `campaign.cpp` defines
members of `participant`, so it is part of `participant.hpp`. A .cpp that implements no class of its
layer is a unit by itself. So neither a forward declaration nor a second .cpp hides a cycle.

usage: cycles.py FILE...    (paths from the top of the tree; files outside of lib/ are ignored)
"""
import collections
import pathlib
import re
import sys
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from cpp_source import code, includes  # noqa: E402

# `result class::member(`, at the start of a line and after any qualification of the class.
MEMBER_DEFINITION = re.compile(r"^(?=[^\s#}])[^;={}()]*?\b(\w+)::~?\w+\s*\(", re.MULTILINE)
CLASS_DEFINITION = re.compile(r"\b(?:class|struct)\s+(?:\w+::)*(\w+)\s*(?:final\s*)?(?::[^;{]*)?\{")


class Include(NamedTuple):
    file: str
    line: int
    target: str  # the unit that is included


def layer(path: str) -> str:
    return "/".join(path.split("/")[:2])


def resolve(name: str, files: dict[str, str]) -> str:
    """The file in lib/ that an #include names, or "" for one that is not ours."""
    path = ("lib/include/" if name[0] == "<" else "lib/") + name[1:-1]
    return path if path in files else ""


def implemented_header(path: str, files: dict[str, str]) -> str:
    """The included header of the same layer that declares most of what this .cpp defines, or ""."""
    stripped = code(files[path])
    local = set(CLASS_DEFINITION.findall(stripped))
    defined = collections.Counter(MEMBER_DEFINITION.findall(stripped))
    best, most = "", 0
    for _, name in includes(files[path]):
        header = resolve(name, files)
        if header and layer(header) == layer(path):
            declared = set(CLASS_DEFINITION.findall(code(files[header]))) - local
            count = sum(defined[one] for one in declared)
            if count > most:
                best, most = header, count
    return best


def units(files: dict[str, str]) -> dict[str, str]:
    """For each file the name of its unit: a header's path without .hpp, or the path of a .cpp."""
    found = {}
    for path in files:
        stem = path[: path.rfind(".")]
        if path.endswith(".hpp") or stem + ".hpp" in files:
            found[path] = stem
        else:
            header = implemented_header(path, files)
            found[path] = header[: -len(".hpp")] if header else path
    return found


def include_graph(files: dict[str, str]) -> dict[str, list[Include]]:
    unit_of = units(files)
    graph: dict[str, list[Include]] = {unit: [] for unit in unit_of.values()}
    for path, text in files.items():
        for line, name in includes(text):
            target = resolve(name, files)
            if target and unit_of[target] != unit_of[path]:
                graph[unit_of[path]].append(Include(path, line, unit_of[target]))
    return graph


def shortest_cycle(graph: dict[str, list[Include]], start: str) -> list[Include]:
    """The includes that lead from this unit back to it; none if there is no way back."""
    way: dict[str, list[Include]] = {start: []}
    queue = collections.deque([start])
    while queue:
        unit = queue.popleft()
        for include in graph[unit]:
            if include.target == start:
                return way[unit] + [include]
            if include.target not in way:
                way[include.target] = way[unit] + [include]
                queue.append(include.target)
    return []


def check(files: dict[str, str]) -> list[tuple[str, int, str]]:
    """(file, line, why) for each cycle, once; `files` maps paths in lib/ to texts."""
    graph = include_graph(files)
    found, reported = [], set()
    for unit in sorted(graph):
        cycle = shortest_cycle(graph, unit)
        members = frozenset(include.target for include in cycle)
        if cycle and members not in reported:
            reported.add(members)
            way = " -> ".join([unit] + [include.target for include in cycle])
            places = ", ".join(f"{include.file}:{include.line}" for include in cycle)
            found.append((cycle[0].file, cycle[0].line, f"{way} (includes: {places})"))
    return found


def main(names: list[str]) -> int:
    files = {name: pathlib.Path(name).read_text(encoding="utf-8")
             for name in names if name.startswith("lib/")}
    found = check(files)
    for name, line, why in found:
        print(f"{name}:{line}: cycle: {why}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
