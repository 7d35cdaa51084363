"""A run whose programs and whose harness make one mistake of each kind. Each must be found."""

import os
import re
import subprocess

from support.processes import whole_lines

from . import plan, programs

# What the programs do wrong: see chaos_replica.cpp.
MISTAKES = "works_on,fence_reused,late_write,session_left,grows"
# Each mistake, and the violation that shows it.
FOUND_BY = {
    "a replica works on after its lease": ("one leader", r"chaos/e/\d+: the term of fence"),
    "a fence is used twice": ("fences grow", r"chaos/e/\d+: fence 1 "),
    "a register write is accepted late": ("registers", r"after a write under"),
    "a semaphore has one holder more": ("slots", r"4 holders of 3 slots"),
    "a tick runs twice": ("ticks", r"ran 2 times"),
    "a tick is not in the ledger": ("ticks", r"is not in the ledger"),
    "a group is not whole": ("peace", r"2 of 3 members"),
    "an election has no leader": ("peace", r"has no leader"),
    "a key has no work": ("peace", r"chaos/run: 0 terms in the calm"),
    "a session is left": ("leaks", r"a session is left"),
    "a key is held": ("leaks", r"a key is held"),
    "a process is left": ("leaks", r"a process is left"),
    "memory grows": ("leaks", r"memory grew"),
}
SECONDS = 20
KINDS = ["program killed", "program stopped and started", "session destroyed", "resets"]


def prepare(run):
    """Before the programs start."""
    os.environ["TENURE_CHAOS_MISTAKES"] = MISTAKES
    programs.SLOTS += 1
    run.sizes.bound, run.sizes.life, run.sizes.elections = 30, 4, 40
    for name in [k for k in plan.KINDS if k not in KINDS]:
        del plan.KINDS[name]


def before_calm(run):
    """A member does not come back, and a key gets a leader that is none."""
    next(p for p in run.programs() if p.kind == "scheduler").pause()
    for program in [p for p in run.programs() if p.kind == "run"]:
        program.kill()


def before_verdict(run):
    programs.SLOTS -= 1
    path = run.setting.path("ticks")
    with open(path, "a", encoding="utf-8") as file:
        file.write(whole_lines(path)[-1] + "\n")
        job, _, fence, pid = whole_lines(path)[-1].split()
        file.write(f"{job} 2100-01-01T00:00:00Z {fence} {pid}\n")


def leave_process(run):
    """A command outlives its program."""
    run.left = subprocess.Popen([programs.WORK, run.setting.path("left"), "left"])


def judge(run):
    """Prints what was found. 0 if every mistake was."""
    missed = 0
    for mistake, (check, pattern) in FOUND_BY.items():
        hits = sum(one == check and re.search(pattern, text) is not None
                   for one, _, text in run.wrong)
        missed += hits == 0
        print(f"{'found ' if hits else 'MISSED'}  {mistake} ({hits} x '{check}')")
    expected = {check for check, _ in FOUND_BY.values()}
    for check, at, text in run.wrong:
        if check not in expected:
            print(f"  also '{check}' at {at:.1f} s: {text}")
    print("self-test: every planted mistake was found" if not missed else
          f"self-test FAILED: {missed} mistakes were not found")
    return 1 if missed else 0


def run(one):
    """The whole run, with the mistakes of the harness between its phases."""
    prepare(one)
    one.prepare()
    one.inject()
    before_calm(one)
    one.calm()
    leave_process(one)
    one.end()
    before_verdict(one)
    one.judge()
