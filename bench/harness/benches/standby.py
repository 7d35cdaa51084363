"""A standby for many elections: measures how soon it sees a change, and its CPU usage."""

import time

from ..processes import Failed, Usage
from ..results import Target
from ..stats import Samples

ABOUT = "standby for 10,000 elections with 100 changes a second: latency and CPU"
RATE = 100
PATIENCE = 300


def run(setting):
    for kind in setting.servers:
        at_size(setting, kind, 1000 if setting.quick else 10_000)


def grow(setting, kind, n):
    at_size(setting, kind, n, 2, 5)


def at_size(setting, kind, n, runs=None, seconds=10):
    runs = runs or setting.runs(5 if kind == "consul" else 3)
    with setting.server(kind) as server:
        try:
            measure(setting, server, n, runs, 3 if setting.quick else seconds)
        except Failed as failure:
            setting.results.note(f"standby n={n} on {kind}: {failure}", kind)


def measure(setting, server, n, runs, seconds):
    names = ("floor", "tenure")
    latency = {name: Samples() for name in names}
    entered, cpu, server_cpu, seen = [], [], [], []
    with setting.subjects() as start:
        holder = start("floor", server)
        holder.send("many", "standby", n, "1")
        holder.expect("all", PATIENCE)
        for number in range(runs):
            for name in names:
                setting.progress(f"standby on {server.kind}: {n} elections, run {number + 1} of"
                                 f" {runs}, {name}")
                subject = start(name, server)
                subject.send("many" if name == "tenure" else "observe", "standby", n, "standby")
                _, begun, ended = subject.expect("watching", PATIENCE)
                time.sleep(1)
                ours, theirs = Usage(subject.pid), Usage(server.pid)
                holder.send("change", "standby", n, RATE, seconds)
                changed = int(holder.expect("changed", seconds + 60)[0])
                used, server_used = ours.cores(), theirs.cores()
                time.sleep(0.3)
                subject.send("latencies")
                values = [int(ns) / 1e6 for ns in subject.expect("latencies")]
                subject.kill()
                latency[name].add_run(values)
                if name == "tenure":
                    entered.append((int(ended) - int(begun)) / 1e6)
                    cpu.append(used)
                    server_cpu.append(server_used)
                    seen.append(100 * len(values) / changed)
    # With few elections, each key changes so often that one answer covers several changes.
    targets = [Target("median", 1.5, "median <= 1.5 ms")] \
        if server.kind == "consul" and 1000 <= n <= 10_000 else []
    cpu_targets = [Target("median", 0.25, "median <= 0.25 of a core")] if targets else []

    def add(subject, metric, unit, samples, targets=()):
        setting.results.add("standby", subject, n=n, metric=metric, unit=unit, samples=samples,
                            server=server.kind, targets=targets)

    add("floor", "change_to_event", "ms", latency["floor"])
    add("tenure", "change_to_event", "ms", latency["tenure"], targets)
    add("tenure", "enter_to_all_seen", "ms", entered)
    add("tenure", "cpu", "cores", cpu, cpu_targets)
    add("tenure", "server_cpu", "cores", server_cpu)
    add("tenure", "changes_told", "%", seen)
