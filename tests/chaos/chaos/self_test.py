"""A run whose programs and whose harness make one mistake of each kind. Each must be found."""

import os
import re
import signal
import subprocess
import time

from support.processes import whole_lines

from . import plan, process_faults, programs

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
    "the use of a program is not measured": ("leaks", r"run@r1: its use was not measured"),
    "the ledger of a job is lost": ("ticks", r"job\d: it ran, and has no document"),
    "a program aborts": ("crash", r"sidecar@r1 ended by signal 6 .* without a fault"),
    "a program aborts as it ends": ("crash", r"scheduler@r1 ended by signal 6 .* after SIGTERM"),
    "a zygote dies": ("crash", r"cron@r\d: no fault explains: .* zygote died"),
    "Consul ends by itself": ("harness", r"Consul on s3 ended by itself"),
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


def of(run, kind):
    return [p for p in run.programs() if p.kind == kind]


def before_calm(run):
    """A member does not come back, a key gets a leader that is none, and processes die."""
    of(run, "scheduler")[0].pause()
    for program in of(run, "run"):
        program.kill()
    for program in of(run, "cron"):
        for zygote in process_faults.descendants(program.process.pid)[:1]:
            process_faults.send(zygote, signal.SIGKILL)
    os.kill(of(run, "sidecar")[0].process.pid, signal.SIGABRT)


def before_end(run):
    """A program that is paused aborts as soon as it goes on, a moment after its SIGTERM."""
    os.kill(of(run, "scheduler")[0].process.pid, signal.SIGABRT)
    os.kill(run.cluster.servers[2].pid, signal.SIGABRT)
    time.sleep(5)  # the other servers have a leader again


def before_verdict(run):
    programs.SLOTS -= 1
    path = run.setting.path("ticks")
    with open(path, "a", encoding="utf-8") as file:
        file.write(whole_lines(path)[-1] + "\n")
        job, _, fence, pid = whole_lines(path)[-1].split()
        file.write(f"{job} 2100-01-01T00:00:00Z {fence} {pid}\n")
    lost = "job1" if job == "job0" else "job0"
    run.cluster.ask(lambda c: c.delete("chaos/ledger/jobs/" + lost))


def leave_process(run):
    """A command outlives its program."""
    run.left = subprocess.Popen([programs.WORK, run.setting.path("left"), "left"])


def judge(run):
    """Prints what was found. 0 if every mistake was."""
    missed, also = 0, list(run.wrong)
    for mistake, (check, pattern) in FOUND_BY.items():
        hits = [one for one in run.wrong if one[0] == check and re.search(pattern, one[2])]
        also = [one for one in also if one not in hits]
        missed += not hits
        print(f"{'found ' if hits else 'MISSED'}  {mistake} ({len(hits)} x '{check}')")
    for check in sorted({one[0] for one in also}):
        rest = [one for one in also if one[0] == check]
        print(f"  also {len(rest)} x '{check}', such as: {rest[0][2]}")
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
    before_end(one)
    one.end()
    before_verdict(one)
    one.judge()
