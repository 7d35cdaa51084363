"""The holder of many elections dies: how long until a process that waited leads them all."""

import json
import time

from ..processes import Failed, boot_ns
from ..results import Target, ratio_at_most
from ..stats import Samples

ABOUT = "the holder of 10,000 dies (session destroyed), a standby leads all; less the quarantine"
PATIENCE = 60
# What a failover may ask: a claim for 32 keys, and a poll that each claim wakes; the constant is
# for every one of 80 connections, two polls more: one woken by the death, one by the last claim.
KEYS_A_CLAIM = 32
CONSTANT = 160
OURS = ("PUT_v1_session_destroy",)  # the request that kills the holder
METRICS = {"write": "claims_per_election", "GET_v1_kv": "polls_per_election"}


def span_ms(n):
    """A third of it has to suffice for a proof of all."""
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
                    once(setting, server, name, n, f"mass-{name}-{number}", samples[name], storms)
                except Failed as failure:
                    setting.results.note(f"mass_failover n={n} on {kind}: {failure}", kind)
                    failed.add(name)
                server.clear()
    for name, taken in samples.items():
        targets = ratio_at_most(1.5) if name == "tenure" and kind == "consul" else []
        setting.results.add("mass_failover", name, n, "until_all_led", "ms", taken, kind,
                            targets=targets)
    if storms:
        tell_requests(setting, kind, n, storms)


def tell_requests(setting, kind, n, storms):
    limit = 2 / KEYS_A_CLAIM + CONSTANT / n
    setting.results.add("mass_failover", "tenure", n, "requests_per_election", "",
                        [sum(s.values()) / n for s in storms], kind,
                        targets=[Target("median", limit, f"median <= {limit:.2g} (no storm)")])
    for counted, metric in METRICS.items():
        setting.results.add("mass_failover", "tenure", n, metric, "",
                            [s.get(counted, 0) / n for s in storms], kind)


def once(setting, server, name, n, prefix, taken, storms):
    with setting.subjects() as start:
        holder = start("floor", server)
        holder.tell("many", prefix, n, "holder")
        holder.expect("all", PATIENCE)
        span = span_ms(n)
        standby = start(name, server, *(["--span-ms", span, "--ttl-ms", 10_000]
                                        if name == "tenure" else []))
        standby.tell("many" if name == "tenure" else "take-over", prefix, n, "standby")
        standby.expect("watching", PATIENCE)
        time.sleep(1)
        holder.kill()
        session = server.client.get(first_key(server, prefix))[0]["Session"]
        counts = Requests(server)
        begun = boot_ns()
        server.client.destroy_session(session)
        ended = int(standby.expect("all", PATIENCE)[2])
        quarantine = span if name == "tenure" else 0
        taken.add_run([(ended - begun) / 1e6 - quarantine])
        if name == "tenure" and counts.counted:
            storms.append(counts.caused(2 * span / 1000))


class Requests:
    """What the failover made the standby ask, by kind. What it asks as well when nothing happens
    (renewals, proofs, polls that time out) is taken out, at the rate seen afterwards."""

    def __init__(self, server):
        self.server = server
        self.counted = self._now()

    def _now(self):
        counts = self.server.requests()
        return counts and (time.monotonic(), counts)

    def caused(self, seconds):
        """Call it as soon as all are led; looks at so many seconds of quiet."""
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
