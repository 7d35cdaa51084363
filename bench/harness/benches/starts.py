"""Commands started under guardians, beside a bare loop of posix_spawn."""

import os
import subprocess

from ..processes import Failed
from ..results import NO_SERVER, Target, ratio_at_most

ABOUT = "1,000 commands due at once, 100 a second; what a running one costs"
SUBJECTS = {"floor": "bare", "tenure": "commands"}
TARGETS = {("tenure", "lateness_p99"): ratio_at_most(1.5),
           ("paced", "lateness_p99"): [Target("median", 50, "median <= 50 ms")]}


def run(setting):
    all_at_once(setting, 1000)
    paced(setting, 6000 if not setting.quick else 500)
    held(setting, 1000)


def all_at_once(setting, n):
    found = {}
    for number in range(setting.runs(21, 3)):
        setting.progress(f"starts: {n} at once, run {number + 1}")
        for subject, mode in SUBJECTS.items():  # in turns
            for metric, unit, value in once(setting, mode, n):
                found.setdefault((subject, metric), (unit, []))[1].append(value)
    add(setting, "at once", n, found)


def paced(setting, n):
    found = {}
    for number in range(setting.runs(3, 1)):
        setting.progress(f"starts: 100 a second, run {number + 1}")
        for metric, unit, value in once(setting, "paced", n):
            found.setdefault(("tenure", metric), (unit, []))[1].append(value)
    add(setting, "paced", n, found)


def held(setting, n):
    found = {}
    for _ in range(setting.runs(3, 1)):
        for metric, unit, value in once(setting, "held", n):
            found.setdefault(("tenure", metric), (unit, []))[1].append(value)
    add(setting, "held", n, found)


def add(setting, case, n, found):
    for (subject, metric), (unit, values) in found.items():
        key = "paced" if case == "paced" else subject
        setting.results.add("starts", subject, case=case, n=n, metric=metric, unit=unit,
                            samples=values, server=NO_SERVER,
                            targets=TARGETS.get((key, metric), []))


def once(setting, mode, n):
    program, mark = (os.path.join(setting.build, "bench", name)
                     for name in ("tenure_starts", "start_mark"))
    done = subprocess.run([program, mode, str(n), mark], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Failed(f"starts {mode} ended with {done.returncode}: {done.stderr.strip()}")
    return [(metric, unit, float(value)) for metric, unit, value in
            (line.split(" ") for line in done.stdout.splitlines())]
