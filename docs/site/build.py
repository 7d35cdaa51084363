#!/usr/bin/env python3
"""Builds the documentation as a site that needs no network.

usage: build.py BIN_DIR OUT_DIR    BIN_DIR: the folder with the built programs

The pages are those of docs/ and a reference that is made from the programs and the sources. A page
that the navigation lacks, a broken link and a warning of mkdocs or Doxygen are errors.
"""
import os
import pathlib
import shutil
import subprocess
import sys

import pages
import reference

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
SKIPPED = 77


def run(command: list[str], text: str | None = None) -> None:
    done = subprocess.run(command, cwd=TOP, input=text, text=True, capture_output=True, check=False,
                          stdin=None if text is not None else subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"docs: {command[0]} failed:\n{done.stdout}{done.stderr}")


def need(tool: str) -> None:
    if not shutil.which(tool):
        print(f"docs: {tool} is not installed: run ./dev setup", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") in ("true", "1") else SKIPPED)


def build_api(out: pathlib.Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    settings = (HERE / "Doxyfile").read_text(encoding="utf-8")
    run(["doxygen", "-"], f"{settings}\nOUTPUT_DIRECTORY = {out}\n")


def main() -> int:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    bin_dir, out = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    for tool in ("mkdocs", "doxygen"):
        need(tool)
    source, site = out / "pages", out / "site"
    for folder in (source, site):
        shutil.rmtree(folder, ignore_errors=True)
    source.mkdir(parents=True)
    pages.collect(TOP, source)
    reference.write(TOP, bin_dir, source)
    config = out / "mkdocs.yml"
    config.write_text((HERE / "mkdocs.yml").read_text(encoding="utf-8") +
                      f"docs_dir: {source}\nsite_dir: {site}\n", encoding="utf-8")
    pages.check_navigation(config, source)
    run(["mkdocs", "build", "--quiet", "--strict", "--config-file", str(config)])
    build_api(site / "api")
    pages.check_offline(site)
    print(f"docs: {len(list(source.rglob('*.md')))} pages in {site}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
