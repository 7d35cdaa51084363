"""Holds many elections for a while, and measures what that costs."""

import math
import time

from ..processes import Failed, Usage, connections_to, resident_bytes
from ..results import at_most

ABOUT = "10,000 and 100,000 elections held for 60 s: memory, CPU, requests, connections"
VALUE = "host-1.example:8080"
PREFIX = "steady"
SPAN, TTL = 15, 15
PROOF_KEYS = 64
# The seconds that one run measures. The short ones are just under a whole number of rounds of
# proofs, so that one round more or less does not distort their rate by a fifth.
FULL, SHORT, QUICK = 60, 29, 19


def run(setting):
    for kind in setting.servers:
        for n in setting.sizes(10_000, 100_000, quick=1):
            if setting.quick:
                at_size(setting, kind, 1000, 2, QUICK)
            elif kind == "consul":
                at_size(setting, kind, n, 3 if n <= 10_000 else 2, FULL)
            else:
                at_size(setting, kind, n, 2, SHORT)


def grow(setting, kind, n):
    at_size(setting, kind, n, 2, QUICK if setting.quick or n < 1000 else SHORT)


def at_size(setting, kind, n, runs, seconds):
    with setting.server(kind, counting=True) as server:
        try:
            measure(setting, server, n, runs, seconds)
        except Failed as failure:
            setting.results.note(f"steady n={n} on {kind}: {failure}", kind)


def measure(setting, server, n, runs, seconds):
    taken = {}
    with setting.subjects() as start:
        subject = start("tenure", server)
        subject.send("many", "one", 1, VALUE)
        subject.expect("all", 60)
        small = resident_bytes(subject.pid)
        server_small = resident_bytes(server.pid)
        subject.kill()
        server.clear()
        subject = start("tenure", server)
        subject.send("many", PREFIX, n, VALUE)
        subject.expect("all", 300)
        time.sleep(SPAN / 3 if not setting.quick else 1)
        for number in range(runs):
            setting.progress(f"steady on {server.kind}: {n} elections, {seconds} s, run"
                             f" {number + 1} of {runs}")
            for metric, value in measure_usage(server, subject, seconds).items():
                taken.setdefault(metric, []).append(value)
            if n < 1000:
                continue  # the elections use too little memory to tell it from the process's own
            key = len(f"{PREFIX}/{n}") + len(VALUE)
            taken.setdefault("rss_per_election", []).append(
                (resident_bytes(subject.pid) - small) / n - key)
            taken.setdefault("server_rss_per_election", []).append(
                (resident_bytes(server.pid) - server_small) / n)
        lost = subject.answers("lost")
        if lost:
            setting.results.note(f"steady n={n} on {server.kind}: at least {lost[-1][0]} terms were"
                                 " lost", server.kind)
    for metric, values in taken.items():
        if values[0] is not None:
            unit, targets = unit_and_targets(metric, n, server.kind)
            setting.results.add("steady", "tenure", n=n, metric=metric, unit=unit, samples=values,
                                server=server.kind, targets=targets)


def measure_usage(server, subject, seconds):
    ours, theirs = Usage(subject.pid), Usage(server.pid)
    before, begun = server.requests(), time.monotonic()
    end = begun + seconds
    most_connections = 0
    while time.monotonic() < end:
        time.sleep(min(1.0, max(0.0, end - time.monotonic())))
        most_connections = max(most_connections, connections_to(subject.pid, server.port))
    found = {"cpu": ours.cores() * 100, "server_cpu": theirs.cores() * 100,
             "connections": most_connections}
    after = server.requests()
    if after is not None:
        found.update(rates(before, after, time.monotonic() - begun))
    return found


def rates(before, after, seconds):
    """The requests per second, by kind."""
    rate = {kind: (count - before.get(kind, 0)) / seconds for kind, count in after.items()}
    return {"renewals": rate.get("PUT_v1_session_renew", 0.0), "proofs": rate.get("read", 0.0),
            "polls": rate.get("GET_v1_kv", 0.0), "all_requests": sum(rate.values())}


def unit_and_targets(metric, n, kind):
    """The unit of a metric, and its targets. Each session sends one renewal every third of the TTL,
    and one proof per 64 keys every third of the span. A tenth more is allowed, as a run does not
    measure a whole number of rounds."""
    units = {"cpu": "% core", "server_cpu": "% core", "connections": "", "rss_per_election": "B",
             "server_rss_per_election": "B"}
    unit = units.get(metric, "1/s")
    if kind != "consul":
        return unit, []
    limits = {"connections": 80, "renewals": 1.1 * 3 / TTL,
              "proofs": 1.1 * math.ceil(n / PROOF_KEYS) * 3 / SPAN}
    if n >= 10_000:  # with fewer elections the memory of the connections dominates
        limits["rss_per_election"] = 1024
    if n <= 10_000:
        limits["cpu"] = 0.5
    return unit, at_most(round(limits[metric], 2), unit) if metric in limits else []
