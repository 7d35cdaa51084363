"""Ten processes lead 100,000 elections each on one Consul: how long until all lead, and what it
costs to hold them. The plan of docs/scale.md, for real."""

import math
import time

from ..processes import Usage, connections_to, resident_bytes
from ..results import at_most
from ..servers import MANY_ADDRESSES
from .steady import PROOF_KEYS, rates

ABOUT = "10 processes lead 100,000 elections each for 10 minutes (only by name)"
VALUE = "host-1.example:8080"
# Processes, elections of each, and how often usage is measured for how many seconds.
FULL, QUICK = (10, 100_000, 10, 60), (2, 500, 2, 19)
SPAN, TTL = 60, 15
START = 900  # seconds of patience until all lead
MIB = 1 << 20


def run(setting):
    processes, each, parts, seconds = QUICK if setting.quick else FULL
    for kind in setting.servers:
        # Ten processes of 80 connections on one host are more than Consul takes of one address.
        with setting.server(kind, MANY_ADDRESSES, counting=True) as server:
            measure(setting, server, processes, min(each, setting.most), parts, seconds)


def measure(setting, server, processes, each, parts, seconds):
    with setting.subjects() as start:
        ours = [start("tenure", server, "--span-ms", SPAN * 1000) for _ in range(processes)]
        small = sum(resident_bytes(s.pid) for s in ours)
        setting.progress(f"million on {server.kind}: {processes} processes enter {each} elections"
                         " each")
        usages = Usages(server, ours)
        for number, subject in enumerate(ours):
            subject.send("many", f"million-{number}", each, VALUE)
        held = [subject.expect("all", START) for subject in ours]
        begun, ended = min(int(b) for _, b, _ in held), max(int(e) for _, _, e in held)
        taken = {"until_all_lead": [(ended - begun) / 1e9]}
        taken.update({f"start_{name}": [value] for name, value in usages.cores().items()})
        time.sleep(SPAN / 3 if not setting.quick else 1)  # the polls of the start have ended
        for number in range(parts):
            setting.progress(f"million on {server.kind}: held, {seconds} s, part {number + 1} of"
                             f" {parts}")
            for metric, value in hold(server, ours, seconds).items():
                taken.setdefault(metric, []).append(value)
        rss = sum(resident_bytes(s.pid) for s in ours)
        taken["rss"] = [rss / MIB]
        taken["rss_per_election"] = [(rss - small) / processes / each]
        taken["lost_terms"] = [sum(int(lost[-1][0]) for lost in
                                   (s.answers("lost") for s in ours) if lost)]
    for metric, values in taken.items():
        unit, targets = unit_and_targets(metric, processes, each, server)
        setting.results.add("million", "tenure", n=processes * each, metric=metric, unit=unit,
                            samples=values, server=server.kind, targets=targets)


class Usages:
    """The CPU of the server and of all our processes together."""

    def __init__(self, server, ours):
        self.server, self.ours = Usage(server.pid), [Usage(s.pid) for s in ours]

    def cores(self):
        return {"cpu": sum(u.cores() for u in self.ours) * 100,
                "server_cpu": self.server.cores() * 100}


def hold(server, ours, seconds):
    usages, before, begun = Usages(server, ours), server.requests(), time.monotonic()
    time.sleep(seconds)
    found = usages.cores()
    after = server.requests()
    if after is not None:
        found.update(rates(before, after, time.monotonic() - begun))
    found["connections"] = sum(connections_to(s.pid, server.port) for s in ours)
    found["server_rss"] = resident_bytes(server.pid) / MIB
    return found


def unit_and_targets(metric, processes, each, server):
    """No term may be lost. The limits of the rates are those of `steady`."""
    units = {"until_all_lead": "s", "rss": "MiB", "server_rss": "MiB", "rss_per_election": "B",
             "connections": "", "lost_terms": ""}
    unit = units.get(metric, "% core" if metric.endswith("cpu") else "1/s")
    limits = {"lost_terms": 0, "connections": 80 * processes}
    if server.kind == "consul":
        limits["renewals"] = 1.1 * processes * 3 / TTL
        limits["proofs"] = 1.1 * processes * math.ceil(each / PROOF_KEYS) * 3 / SPAN
    return unit, at_most(round(limits[metric], 2), unit) if metric in limits else []
