"""A process that waits for many elections: how soon it knows of a change, and what that costs."""

import time

from ..processes import Failed, Usage
from ..results import Target
from ..stats import Samples

ABOUT = "10,000 elections waited for, 100 changes a second: latency and CPU"
RATE = 100
PATIENCE = 300


def run(setting):
    for kind in setting.servers:
        at_size(setting, kind, 1000 if setting.quick else 10_000)


def grow(setting, kind, n):
    at_size(setting, kind, n, runs=2)


def at_size(setting, kind, n, runs=None):
    with setting.server(kind) as server:
        try:
            measure(setting, server, n, runs or setting.runs(5, 2))
        except Failed as failure:
            setting.results.note(f"standby n={n} on {kind}: {failure}")


def measure(setting, server, n, runs):
    latency, cpu, server_cpu, told = Samples(), [], [], []
    seconds = 3 if setting.quick else 10
    with setting.subjects() as start:
        holder = start("floor", server)
        holder.tell("many", "standby", n, "1")
        holder.expect("all", PATIENCE)
        subject = start("tenure", server)
        subject.tell("many", "standby", n, "standby")
        _, begun, ended = subject.expect("watching", PATIENCE)
        setting.results.add("standby", "tenure", n, "enter_to_all_seen", "ms",
                            [(int(ended) - int(begun)) / 1e6], server.kind)
        time.sleep(1)
        for number in range(runs + 1):
            setting.progress(f"standby on {server.kind}: {n} elections, " + (
                f"run {number} of {runs}" if number else "warming up"))
            ours, theirs = Usage(subject.pid), Usage(server.pid)
            holder.tell("change", "standby", n, RATE, seconds)
            changed = int(holder.expect("changed", seconds + 60)[0])
            used, server_used = ours.cores(), theirs.cores()
            time.sleep(0.3)
            subject.tell("latencies")
            values = [int(ns) / 1e6 for ns in subject.expect("latencies")]
            if number:
                latency.add_run(values)
                cpu.append(used)
                server_cpu.append(server_used)
                told.append(100 * len(values) / changed)
    targets = [] if server.kind != "consul" or n > 10_000 else [
        Target("median", 1.5, "median <= 1.5 ms")]
    cpu_targets = [Target("median", 0.25, "median <= 0.25 of a core")] if targets else []
    add = setting.results.add
    add("standby", "tenure", n, "change_to_event", "ms", latency, server.kind, targets=targets)
    add("standby", "tenure", n, "cpu", "cores", cpu, server.kind, targets=cpu_targets)
    add("standby", "tenure", n, "server_cpu", "cores", server_cpu, server.kind)
    add("standby", "tenure", n, "changes_told", "%", told, server.kind)
