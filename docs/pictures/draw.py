#!/usr/bin/env python3
"""Draws the pictures of the docs, each NAME.svg by NAME.py. Plain Python, nothing else.

usage: draw.py [--check]    (--check: writes nothing; exit 1 if a picture is out of date)
"""
import pathlib
import sys

import architecture
import handover

HERE = pathlib.Path(__file__).resolve().parent
PICTURES = {"architecture.svg": architecture.draw, "handover.svg": handover.draw}


def main(arguments: list[str]) -> int:
    stale = 0
    for name, draw in PICTURES.items():
        file = HERE / name
        drawn = draw()
        if arguments != ["--check"]:
            file.write_text(drawn, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != drawn:
            print(f"docs/pictures/{name}: out of date: run docs/pictures/draw.py")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
