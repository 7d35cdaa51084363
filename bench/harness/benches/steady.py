"""Hold many elections for a while, and look at what that costs."""

import math
import time

from ..processes import Failed, Usage, connections_to, resident_bytes
from ..results import at_most

ABOUT = "10,000 and 100,000 elections held for 60 s: memory, CPU, requests, connections"
VALUE = "host-1.example:8080"
PREFIX = "steady"
SPAN, TTL = 15, 15
PROOF_KEYS = 64
# How long one run looks. The short ones are a little less than a whole number of rounds of proofs,
# so that a round more or less does not count as a fifth more.
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
        subject.tell("many", "one", 1, VALUE)
        subject.expect("all", 60)
        small = resident_bytes(subject.pid)
        server_small = resident_bytes(server.pid)
        subject.kill()
        server.clear()
        subject = start("tenure", server)
        subject.tell("many", PREFIX, n, VALUE)
        subject.expect("all", 300)
        time.sleep(SPAN / 3 if not setting.quick else 1)
        for number in range(runs):
            setting.progress(f"steady on {server.kind}: {n} elections, {seconds} s, run"
                             f" {number + 1} of {runs}")
            for metric, value in look(server, subject, seconds).items():
                taken.setdefault(metric, []).append(value)
            if n < 1000:
                continue  # what a process takes anyway says nothing about its elections
            key = len(f"{PREFIX}/{n}") + len(VALUE)
            taken.setdefault("rss_per_election", []).append(
                (resident_bytes(subject.pid) - small) / n - key)
            taken.setdefault("server_rss_per_election", []).append(
                (resident_bytes(server.pid) - server_small) / n)
        lost = subject.said("lost")
        if lost:
            setting.results.note(f"steady n={n} on {server.kind}: {lost[-1][0]} terms or more were"
                                 " lost", server.kind)
    for metric, values in taken.items():
        if values[0] is not None:
            unit, targets = what_for(metric, n, server.kind)
            setting.results.add("steady", "tenure", n, metric, unit, values, server.kind,
                                targets=targets)


def look(server, subject, seconds):
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
    """Requests a second, by kind."""
    rate = {kind: (count - before.get(kind, 0)) / seconds for kind, count in after.items()}
    return {"renewals": rate.get("PUT_v1_session_renew", 0.0), "proofs": rate.get("read", 0.0),
            "polls": rate.get("GET_v1_kv", 0.0), "all_requests": sum(rate.values())}


def what_for(metric, n, kind):
    """Unit and targets. A renewal a session each third of the TTL, a proof for 64 keys each third
    of the span; a tenth more for what falls into the time by chance."""
    units = {"cpu": "% core", "server_cpu": "% core", "connections": "", "rss_per_election": "B",
             "server_rss_per_election": "B"}
    unit = units.get(metric, "1/s")
    if kind != "consul":
        return unit, []
    limits = {"connections": 80, "renewals": 1.1 * 3 / TTL,
              "proofs": 1.1 * math.ceil(n / PROOF_KEYS) * 3 / SPAN}
    if n >= 10_000:  # with fewer it is the connections' memory that is divided
        limits["rss_per_election"] = 1024
    if n <= 10_000:
        limits["cpu"] = 0.5
    return unit, at_most(round(limits[metric], 2), unit) if metric in limits else []
