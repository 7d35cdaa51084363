#!/usr/bin/env python3
"""Prints the tests that failed in the last run of ctest, with the last lines of what they printed.

usage: failed_tests.py FOLDER: where ctest keeps its logs (build/PRESET/Testing/Temporary)."""

import pathlib
import re
import sys

LINES_OF_A_TEST = 25


def outputs(log):
    """What each test printed, by its name."""
    found = {}
    for part in re.split(r"^\d+/\d+ Testing: ", log, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("\n")
        body = rest.partition("Output:\n")[2].partition("<end of output>")[0]
        found[name] = body.splitlines()[1:]
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: failed_tests.py FOLDER")
    folder = pathlib.Path(sys.argv[1])
    printed = outputs((folder / "LastTest.log").read_text(errors="replace"))
    for line in (folder / "LastTestsFailed.log").read_text().splitlines():
        name = line.partition(":")[2]
        print(f"          {name}")
        lines = [text for text in printed.get(name, []) if text.strip()]
        for text in lines[-LINES_OF_A_TEST:]:
            print(f"            | {text[:160]}")


if __name__ == "__main__":
    main()
