#!/usr/bin/env python3
"""Runs clang-tidy over lib and apps, with one translation unit at a time per core.

The build is a unity build: a unit includes several sources, which share the cost of the headers.

usage: tidy.py BUILD_DIR    (with a compile_commands.json for clang)
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

TOOLS = ("clang-tidy-19", "clang-tidy")


def find_tool() -> str:
    for name in TOOLS:
        if shutil.which(name):
            return name
    sys.exit("tidy: clang-tidy-19 is not installed: run ./dev setup")


def sources(build_dir: pathlib.Path, top: pathlib.Path) -> list[str]:
    entries = json.loads((build_dir / "compile_commands.json").read_text(encoding="utf-8"))
    files = {str(pathlib.Path(entry["file"]).resolve()) for entry in entries}
    ours = re.compile("|".join(re.escape(str(root)) + r"/(lib|apps)/" + more for root, more in
                               ((top, ""), (build_dir, ".*/Unity/"))))
    # *_src.cpp compile other projects' libraries.
    ours = [f for f in files if ours.match(f) and not f.endswith("_src.cpp")]
    return sorted(ours, key=lambda f: -os.path.getsize(f))


def tidy(tool: str, build_dir: pathlib.Path, file: str) -> tuple[str, float, str, bool]:
    started = time.monotonic()
    run = subprocess.run([tool, "-p", str(build_dir), "--quiet", file], capture_output=True,
                         text=True, check=False, stdin=subprocess.DEVNULL)
    took = time.monotonic() - started
    return file, took, run.stdout + (run.stderr if run.returncode else ""), run.returncode == 0


def main() -> int:
    build_dir = pathlib.Path(sys.argv[1]).resolve()
    top = pathlib.Path.cwd().resolve()
    tool, files, bad = find_tool(), sources(build_dir, top), 0
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("TENURE_JOBS")
                                                   or os.cpu_count() or 1)) as pool:
        waiting = [pool.submit(tidy, tool, build_dir, file) for file in files]
        for number, done in enumerate(concurrent.futures.as_completed(waiting), 1):
            file, took, text, good = done.result()
            print(f"[{number}/{len(files)}] {os.path.relpath(file, top)} ({took:.1f} s)",
                  flush=True)
            if not good:
                print(text, flush=True)
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
