#!/usr/bin/env python3
"""Prints how much of core, consul and election the tests of a build reached, by file, and fails
below the floors.

usage: cmake/coverage.py BUILD    (a folder of the preset asan whose tests ran: build/asan)
"""
import glob
import json
import os
import subprocess
import sys

# Percent of lines and of branches, some points below what was reached, since seeds are random. A
# change that lowers them adds a test, or says why not.
FLOORS = {"core": (91.0, 83.0), "consul": (86.0, 79.0), "election": (88.0, 79.0)}
MEASURES = ("lines", "branches")


def tool(name):
    """The tool of the version that compiles, or the one in PATH."""
    newest = f"{name}-19"
    found = any(os.access(os.path.join(at, newest), os.X_OK) for at in os.get_exec_path())
    return newest if found else name


def run(*command):
    """Its output. Warnings, as of functions that only one of two objects uses, show on failure."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"coverage: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def objects(build, layer):
    """Those of a layer. llvm-cov cannot read an archive whose members are not aligned."""
    with open(f"{build}/compile_commands.json", encoding="utf-8") as file:
        outputs = [one["command"].split(" -o ", 1)[1].split()[0] for one in json.load(file)]
    place = f"lib/{layer}/CMakeFiles/tenure_{layer}.dir/"
    return [f"{build}/{output}" for output in outputs if output.startswith(place)]


def counted(build, profile, layer):
    """(file, {measure: (all, reached)}) of a layer. What other layers' headers have is theirs."""
    first, *others = objects(build, layer)
    answer = run(tool("llvm-cov"), "export", "-summary-only", f"-instr-profile={profile}", first,
                 *(f"-object={one}" for one in others))
    files = json.loads(answer)["data"][0]["files"]
    own = [f for f in files if f"/lib/{layer}/" in f["filename"]]
    return sorted((f["filename"].split("/lib/", 1)[1],
                   {m: (f["summary"][m]["count"], f["summary"][m]["covered"]) for m in MEASURES})
                  for f in own)


def percent(count, reached):
    return 100.0 * reached / count if count else 100.0


def show(name, counts):
    shown = (f"{reached:6}/{count:<5} {percent(count, reached):5.1f}%"
             for count, reached in counts.values())
    print(f"{name:45} {'  '.join(shown)}")


def too_low(name, counts, floors):
    shares = zip(MEASURES, (percent(*counts[m]) for m in MEASURES), floors)
    return [f"{name}: {share:.1f}% of the {measure} are fewer than {floor:.0f}%"
            for measure, share, floor in shares if share < floor]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = sys.argv[1]
    raw = glob.glob(f"{build}/coverage/*.profraw")
    if not raw:
        sys.exit(f"coverage: no counts in {build}/coverage: run the tests of the preset asan first")
    profile = f"{build}/coverage/all.profdata"
    run(tool("llvm-profdata"), "merge", "-sparse", "-o", profile, *raw)
    print(f"{'':45} {'lines':>19}  {'branches':>19}")
    low = []
    for layer, floors in FLOORS.items():
        files = counted(build, profile, layer)
        for name, counts in files:
            show(name, counts)
        total = {m: tuple(map(sum, zip(*(counts[m] for _, counts in files)))) for m in MEASURES}
        show(f"{layer}, all", total)
        low += too_low(layer, total, floors)
    for line in low:
        print(f"coverage: {line}", file=sys.stderr)
    return 1 if low else 0


sys.exit(main())
