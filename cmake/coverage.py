#!/usr/bin/env python3
"""Prints how much of core and election the tests of a build reached, and fails below the floors.

usage: cmake/coverage.py BUILD    (a folder configured with TENURE_COVERAGE: build/coverage)
"""
import glob
import json
import os
import subprocess
import sys

# Percent of lines and of branches. A change that lowers them adds a test, or says why not.
FLOORS = {"core": (80.0, 60.0), "election": (70.0, 50.0)}


def tool(name):
    """The tool of the version that compiles, or the one in PATH."""
    newest = f"{name}-19"
    found = any(os.access(os.path.join(at, newest), os.X_OK) for at in os.get_exec_path())
    return newest if found else name


def measured(build, profile, layer):
    library = f"{build}/lib/{layer}/libtenure_{layer}.a"
    answer = subprocess.run(
        [tool("llvm-cov"), "export", "-summary-only", f"-instr-profile={profile}", library],
        check=True, stdout=subprocess.PIPE)
    files = json.loads(answer.stdout)["data"][0]["files"]
    part = f"/lib/{layer}/"
    own = [f for f in files if part in f["filename"]]
    return sorted((f["filename"].split("/lib/", 1)[1], f["summary"]) for f in own)


def percent(count):
    return 100.0 * count[1] / count[0] if count[0] else 100.0


def report(layer, rows):
    totals = {"lines": [0, 0], "branches": [0, 0]}
    for name, summary in rows:
        shown = []
        for what, total in totals.items():
            count, covered = summary[what]["count"], summary[what]["covered"]
            total[0] += count
            total[1] += covered
            shown.append(f"{covered:6}/{count:<5} {percent((count, covered)):5.1f}%")
        print(f"{name:45} {'  '.join(shown)}")
    return percent(totals["lines"]), percent(totals["branches"])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = sys.argv[1]
    profile = f"{build}/coverage/all.profdata"
    raw = glob.glob(f"{build}/coverage/*.profraw")
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "--failure-mode=all",
                    "-o", profile, *raw], check=True)
    print(f"{'':45} {'lines':>19}  {'branches':>19}")
    low = []
    for layer, floors in FLOORS.items():
        shares = report(layer, measured(build, profile, layer))
        for what, share, floor in zip(("lines", "branches"), shares, floors):
            print(f"{layer}: {share:.1f}% of the {what}; at least {floor:.0f}% are asked for")
            if share < floor:
                low.append(f"{layer}: {share:.1f}% of the {what} are fewer than {floor:.0f}%")
    for line in low:
        print(f"coverage: {line}", file=sys.stderr)
    return 1 if low else 0


sys.exit(main())
