#!/usr/bin/env python3
"""Counts the instructions of parts of the library with callgrind, and compares them with
budgets.json.

    test_instructions.py MICRO [--update]

Each case runs twice, with its work done once and done twice: the difference is the cost of the work
without the start of the process. --update writes the counts as the new budgets."""

import json
import os
import re
import subprocess
import sys
import tempfile

BUDGETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "budgets.json")
CASES = ("json-glance", "json", "timer-heap", "elections")
OVER = 1.05  # more than this share of its budget fails
UNDER = 0.80  # less than this share suggests a lower budget


def count(micro, case, times):
    with tempfile.TemporaryDirectory(prefix="tenure-callgrind-") as folder:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + os.path.join(folder, "out"),
             micro, case, str(times)],
            # So that simdjson runs the same instructions on every processor.
            env={**os.environ, "SIMDJSON_FORCE_IMPLEMENTATION": "westmere"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not collected:
        sys.exit(f"{case}: {done.stderr.strip()[-500:]}")
    return int(collected[1])


def main():
    micro = sys.argv[1]
    with open(BUDGETS, encoding="utf-8") as file:
        budgets = json.load(file)
    counted = {case: count(micro, case, 2) - count(micro, case, 1) for case in CASES}
    if "--update" in sys.argv[2:]:
        with open(BUDGETS, "w", encoding="utf-8") as file:
            json.dump(counted, file, indent=2)
            file.write("\n")
    failed = False
    for case, instructions in counted.items():
        budget = budgets.get(case, 0)
        over = instructions > budget * OVER
        failed = failed or over
        verdict = "OVER THE BUDGET" if over else "ok"
        if instructions < budget * UNDER:
            verdict = "ok, far below the budget: lower it (--update)"
        print(f"{case:<14}{instructions:>14,} instructions, budget {budget:>14,}: {verdict}")
    return 1 if failed and "--update" not in sys.argv[2:] else 0


if __name__ == "__main__":
    sys.exit(main())
