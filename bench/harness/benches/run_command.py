"""`tenure run KEY -- true` on a free key beside `consul lock`, which people use for the same: how
long it takes from the start of the program to its end, and how much memory it needs."""

import contextlib
import glob
import os
import subprocess
import time

from ..processes import Failed, boot_ns
from ..results import Target

ABOUT = "a command under the lock of a free key: tenure run, tenure lock, consul lock"
PEER = "consul-lock"
MOST_TIME, MOST_MEMORY = 1.5, 1 / 3  # of consul lock
PATIENCE = 30


def run(setting):
    from support import consul  # imported here: it reads TENURE_BUILD on import
    for kind in setting.servers:
        with setting.server(kind) as server:
            measure(setting, server, lines(setting, consul.program()))


def lines(setting, consul):
    """Of each subject the command line in front of the command."""
    tenure = os.path.join(setting.build, "bin", "tenure")
    every = {PEER: [consul, "lock", "-shell=false", "{key}"]} if consul else {}
    return {**every, "tenure": [tenure, "run", "{key}", "--"],
            "tenure-lock": [tenure, "lock", "-shell=false", "{key}"]}


def measure(setting, server, every):
    found = {subject: {"start_to_end": [], "peak_rss": [], "memory_of_all": []}
             for subject in every}
    runs = setting.runs(41, 3)
    for number in range(runs):
        setting.progress(f"run_command on {server.kind}: run {number + 1} of {runs}")
        for subject, line in every.items():  # in turns
            begin = [part.format(key=f"{subject}-{number}") for part in line]
            found[subject]["start_to_end"].append(once([*begin, "true"], server.environment))
    for number in range(setting.runs(5)):
        for subject, line in every.items():
            begin = [part.format(key=f"held-{subject}-{number}") for part in line]
            peak, of_all = while_running(begin, server.environment)
            found[subject]["peak_rss"].append(peak)
            found[subject]["memory_of_all"].append(of_all)
    add(setting, server, found, "start_to_end", "ms", MOST_TIME)
    add(setting, server, found, "peak_rss", "MiB", MOST_MEMORY)
    add(setting, server, found, "memory_of_all", "MiB", MOST_MEMORY)


def add(setting, server, found, metric, unit, limit):
    peer = None
    for subject, samples in found.items():
        targets = [at_most(limit, peer["median"])] if peer and subject == "tenure" else []
        row = setting.results.add("run_command", subject, n=1, metric=metric, unit=unit,
                                  samples=samples[metric], server=server.kind, targets=targets)
        peer = row if subject == PEER else peer


def at_most(limit, of_peer):
    return Target("median", limit * of_peer, f"median <= {limit:.3g} x consul lock")


def once(line, environment):
    """The milliseconds that it took."""
    begun = boot_ns()
    process = start(line, environment)
    code = process.wait(PATIENCE)
    took = (boot_ns() - begun) / 1e6
    if code != 0:
        raise Failed(f"{' '.join(line)} ended with {code}")
    return took


def while_running(begin, environment):
    """The MiB that its largest process had at most until its command runs, and those of all its
    processes together then, where what they share counts once. Without the command's own."""
    process = start([*begin, "sleep", "0.5"], environment)
    try:
        end = time.monotonic() + PATIENCE
        ours = []
        while not ours:
            if time.monotonic() > end or process.poll() is not None:
                raise Failed(f"{begin[0]} did not start its command")
            time.sleep(0.01)
            everything = processes_of(process.pid)
            others = [pid for pid in everything if name_of(pid) != "sleep"]
            ours = others if len(others) < len(everything) else []
        return (max(kib(pid, "status", "VmHWM:") for pid in ours) / 1024,
                sum(kib(pid, "smaps_rollup", "Pss:") for pid in ours) / 1024)
    finally:
        process.wait(PATIENCE)


def start(line, environment):
    return subprocess.Popen(line, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def processes_of(root):
    """The process and its descendants."""
    found = [root]
    for pid in found:
        for children in glob.glob(f"/proc/{pid}/task/*/children"):  # any thread may start some
            with contextlib.suppress(OSError), open(children, encoding="utf-8") as file:
                found += [int(child) for child in file.read().split()]
    return found


def name_of(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8") as file:
        return file.read().strip()
    return ""


def kib(pid, file_name, field):
    with contextlib.suppress(OSError), \
            open(f"/proc/{pid}/{file_name}", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field))
    return 0
