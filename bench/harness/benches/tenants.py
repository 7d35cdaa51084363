"""The same number of elections in one elections object and in a hundred that share their
connections: what it costs that each tenant has a session, proofs and watches for itself."""

import os
import time

from ..processes import connections_to
from ..results import at_most
from .steady import rates

ABOUT = "100 tenants of 100 elections on shared connections, against one tenant of 10,000"
VALUE = "host-1.example:8080"
TENANTS, EACH = 100, 100
BUDGET = 80
MOST_CPU = 1.2  # times the CPU of one tenant
# Just under a whole number of rounds of proofs, as in `steady`.
FULL, QUICK = 59, 14


def run(setting):
    tenants, each = (20, 50) if setting.quick else (TENANTS, EACH)
    for kind in setting.servers:
        if tenants * each <= setting.most:
            with setting.server(kind, counting=True) as server:
                compare(setting, server, tenants, each)


def compare(setting, server, tenants, each):
    """Measures both in turns. Each run is a pair, so that a busy machine slows both."""
    taken = {"one": {}, "tenants": {}}
    seconds = QUICK if setting.quick else FULL
    runs = setting.runs(5)
    for number in range(runs):
        for case, samples in taken.items():
            setting.progress(f"tenants on {server.kind}: {case}, {seconds} s, run {number + 1} of"
                             f" {runs}")
            many = tenants if case == "tenants" else 1
            # Other keys each time: those of the last run are under lock-delay.
            found = measure(setting, server, f"{case}-{number}", many, tenants * each // many,
                            seconds)
            for metric, value in found.items():
                samples.setdefault(metric, []).append(value)
    ratios = [ours / one for ours, one in zip(taken["tenants"]["cpu"], taken["one"]["cpu"])]
    taken["tenants"]["cpu_ratio"] = ratios
    for case, samples in taken.items():
        for metric, values in samples.items():
            unit, targets = unit_and_targets(metric, setting.quick)
            setting.results.add("tenants", "tenure", case=case, n=tenants * each, metric=metric,
                                unit=unit, samples=values, server=server.kind, targets=targets)


def measure(setting, server, prefix, tenants, each, seconds):
    with setting.subjects() as start:
        subject = start("tenure", server, "--connections", str(BUDGET))
        subject.send("tenants", prefix, tenants, each, VALUE)
        for _ in range(tenants):
            subject.expect("all", 120)
        time.sleep(1 if setting.quick else 35)  # all polls of the start have ended
        before, begun, cpu = server.requests(), time.monotonic(), cpu_seconds(subject.pid)
        most_connections = 0
        while time.monotonic() < begun + seconds:
            time.sleep(min(1.0, max(0.0, begun + seconds - time.monotonic())))
            most_connections = max(most_connections, connections_to(subject.pid, server.port))
        lasted = time.monotonic() - begun
        found = {"cpu": (cpu_seconds(subject.pid) - cpu) / lasted * 100,
                 "connections": most_connections}
        after = server.requests()
        if after is not None:
            found.update(rates(before, after, lasted))
        lost = subject.answers("lost")
        if lost:
            setting.results.note(f"tenants on {server.kind}: at least {len(lost)} terms were lost",
                                 server.kind)
    server.clear()
    return found


def cpu_seconds(pid):
    """The CPU time of a process, more exact than the ticks in its stat."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def unit_and_targets(metric, quick):
    units = {"cpu": "% core", "cpu_ratio": "x", "connections": ""}
    unit = units.get(metric, "1/s")
    limits = {"connections": BUDGET}
    if not quick:
        limits["cpu_ratio"] = MOST_CPU
    return unit, at_most(limits[metric], unit) if metric in limits else []
