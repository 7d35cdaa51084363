"""Parts of the library alone, without a network."""

import os
import subprocess

from ..processes import Failed
from ..results import NO_SERVER, AtLeast

ABOUT = "parsing a 10,000-key listing, the timer heap, the memory of an election"
CASES = (("json-glance", 200, 20), ("json", 50, 5), ("timer-heap", 100, 10), ("elections", 1, 1),
         ("election-memory", 1, 1))
KEYS, TIMERS, ELECTIONS = 10_000, 10_000, 1000
SIZES = {"json": KEYS, "json-glance": KEYS, "timer-heap": TIMERS, "elections": ELECTIONS,
         "election-memory": KEYS}
TARGETS = {"json_listing": [AtLeast("median", 1.0, "median >= 1 GB/s")]}


def run(setting):
    program = os.path.join(setting.build, "bench", "tenure_micro")
    for case, times, quick_times in CASES:
        setting.progress(f"micro: {case}")
        found, units = {}, {}
        for _ in range(setting.runs(9, 2)):
            for metric, unit, value in once(program, case, quick_times if setting.quick else times):
                found.setdefault(metric, []).append(value)
                units[metric] = unit
        for metric, values in found.items():
            setting.results.add("micro", "tenure", n=SIZES[case], metric=metric,
                                unit=units[metric], samples=values, server=NO_SERVER,
                                targets=TARGETS.get(metric, []))


def once(program, case, times):
    done = subprocess.run([program, case, str(times)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"micro {case} ended with {done.returncode}: {done.stderr.strip()}")
    for line in done.stdout.splitlines():
        metric, unit, value = line.split()
        yield metric, unit, float(value)
