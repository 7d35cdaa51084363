"""The process that leads many elections dies: measures the time until a standby leads them all."""

import json
import time

from ..processes import Failed, boot_ns
from ..results import Target, ratio_at_most
from ..stats import Samples

ABOUT = "from the death of the leader of 10,000 to a standby leading all, less the quarantine"
PATIENCE = 60
# The requests that a failover may send: one claim per 32 keys, one poll that each claim wakes, and
# as a constant two polls for each of 80 connections: one woken by the death, one by the last claim.
KEYS_A_CLAIM = 32
CONSTANT = 160
OURS = ("PUT_v1_session_destroy",)  # ends the leader's session: not the standby's request
METRICS = {"write": "claims_per_election", "GET_v1_kv": "polls_per_election"}


def span_ms(n):
    """A third of the span must suffice to prove all terms."""
    return 2000 if n <= 10_000 else 15_000


def run(setting):
    for kind in setting.servers:
        at_size(setting, kind, 1000 if setting.quick else 10_000)


def grow(setting, kind, n):
    at_size(setting, kind, n, runs=2)


def at_size(setting, kind, n, runs=None):
    runs = runs or setting.runs(5 if kind == "consul" else 3)
    samples = {"floor": Samples(), "tenure": Samples()}
    storms = []
    failed = set()
    with setting.server(kind, counting=True) as server:
        for number in range(runs):
            for name in [s for s in samples if s not in failed]:
                setting.progress(f"mass_failover on {kind}: {n} elections, run {number + 1} of"
                                 f" {runs}, {name}")
                try:
                    taken, storm = once(setting, server, name, n, f"mass-{name}-{number}")
                    samples[name].add_run([taken])
                    storms += storm
                except Failed as failure:
                    setting.results.note(f"mass_failover n={n} on {kind}: {failure}", kind)
                    failed.add(name)
                server.clear()
    for name, taken in samples.items():
        targets = ratio_at_most(1.5) if name == "tenure" and kind == "consul" else []
        setting.results.add("mass_failover", name, n=n, metric="until_all_led", unit="ms",
                            samples=taken, server=kind, targets=targets)
    if storms:
        add_requests(setting, kind, n, storms)


def add_requests(setting, kind, n, storms):
    limit = 2 / KEYS_A_CLAIM + CONSTANT / n
    setting.results.add("mass_failover", "tenure", n=n, metric="requests_per_election", unit="",
                        samples=[sum(s.values()) / n for s in storms], server=kind,
                        targets=[Target("median", limit, f"median <= {limit:.2g} (no storm)")])
    for counted, metric in METRICS.items():
        setting.results.add("mass_failover", "tenure", n=n, metric=metric, unit="",
                            samples=[s.get(counted, 0) / n for s in storms], server=kind)


def once(setting, server, name, n, prefix):
    """The milliseconds that the failover took, and a list with its requests by kind: empty unless
    they were counted."""
    with setting.subjects() as start:
        holder = start("floor", server)
        holder.send("many", prefix, n, "holder")
        holder.expect("all", PATIENCE)
        span = span_ms(n)
        standby = start(name, server, *(["--span-ms", span, "--ttl-ms", 10_000]
                                        if name == "tenure" else []))
        standby.send("many" if name == "tenure" else "take-over", prefix, n, "standby")
        standby.expect("watching", PATIENCE)
        time.sleep(1)
        holder.kill()
        session = server.client.get(first_key(server, prefix))[0]["Session"]
        counts = Requests(server)
        begun = boot_ns()
        server.client.destroy_session(session)
        ended = int(standby.expect("all", PATIENCE)[2])
        quarantine = span if name == "tenure" else 0
        taken = (ended - begun) / 1e6 - quarantine
        counted = name == "tenure" and counts.counted
        return taken, [counts.caused(2 * span / 1000)] if counted else []


class Requests:
    """The requests that the failover made the standby send, by kind, without those that it also
    sends when nothing happens (renewals, proofs, polls that time out). Their rate is measured after
    the failover."""

    def __init__(self, server):
        self.server = server
        self.counted = self._now()

    def _now(self):
        counts = self.server.requests()
        return counts and (time.monotonic(), counts)

    def caused(self, seconds):
        """To be called as soon as all are led; measures the steady rate for `seconds`."""
        ended = self._now()
        time.sleep(seconds)
        quiet = self._now()
        caused = {}
        for kind, count in ended[1].items():
            if kind in OURS:
                continue
            a_second = (quiet[1][kind] - count) / (quiet[0] - ended[0])
            steady = a_second * (ended[0] - self.counted[0])
            caused[kind] = max(0, count - self.counted[1].get(kind, 0) - steady)
        return caused


def first_key(server, prefix):
    status, _, text = server.client.request("GET", f"/v1/kv/{prefix}/", keys="")
    if status != 200:
        raise Failed(f"no keys below {prefix}: {status}")
    return json.loads(text)[0]
