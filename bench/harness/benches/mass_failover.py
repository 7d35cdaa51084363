"""The holder of many elections dies: how long until a process that waited leads them all."""

import json
import time

from ..processes import Failed, boot_ns
from ..results import Target, ratio_at_most
from ..stats import Samples

ABOUT = "the holder of 10,000 dies (session destroyed), a standby leads all; less the quarantine"
SPAN_MS = 2000
PATIENCE = 300
KEYS_A_CLAIM = 32


def run(setting):
    for kind in setting.servers:
        at_size(setting, kind, 1000 if setting.quick else 10_000)


def grow(setting, kind, n):
    at_size(setting, kind, n, runs=2)


def at_size(setting, kind, n, runs=None):
    runs = runs or setting.runs(5, 2)
    samples = {"floor": Samples(), "tenure": Samples()}
    storms = []
    failed = set()
    with setting.server(kind) as server:
        for number in range(runs):
            for name in [s for s in samples if s not in failed]:
                setting.progress(f"mass_failover on {kind}: {n} elections, run {number + 1} of"
                                 f" {runs}, {name}")
                try:
                    once(setting, server, name, n, f"mass-{name}-{number}", samples[name], storms)
                except Failed as failure:
                    setting.results.note(f"mass_failover n={n} on {kind}: {failure}")
                    failed.add(name)
                server.clear()
    for name, taken in samples.items():
        targets = ratio_at_most(1.5) if name == "tenure" and kind == "consul" else []
        setting.results.add("mass_failover", name, n, "until_all_led", "ms", taken, kind,
                            targets=targets)
    if storms:
        # Its claims, and as much again for sessions, reads and whatever was on its way.
        limit = 2 / KEYS_A_CLAIM + 200 / n
        setting.results.add("mass_failover", "tenure", n, "requests_per_election", "", storms, kind,
                            targets=[Target("median", limit, f"median <= {limit:.2g} (no storm)")])


def once(setting, server, name, n, prefix, taken, storms):
    with setting.subjects() as start:
        holder = start("floor", server)
        holder.tell("many", prefix, n, "holder")
        holder.expect("all", PATIENCE)
        standby = start(name, server, *(["--span-ms", SPAN_MS, "--ttl-ms", 10_000]
                                        if name == "tenure" else []))
        standby.tell("many" if name == "tenure" else "take-over", prefix, n, "standby")
        standby.expect("watching", PATIENCE)
        time.sleep(1)
        holder.kill()
        session = server.client.get(first_key(server, prefix))[0]["Session"]
        before = counted(server)
        begun = boot_ns()
        server.client.destroy_session(session)
        ended = int(standby.expect("all", PATIENCE)[2])
        quarantine = SPAN_MS if name == "tenure" else 0
        taken.add_run([(ended - begun) / 1e6 - quarantine])
        if name == "tenure" and before is not None:
            storms.append(requests_since(server, before) / n)


def first_key(server, prefix):
    status, _, text = server.client.request("GET", f"/v1/kv/{prefix}/", keys="")
    if status != 200:
        raise Failed(f"no keys below {prefix}: {status}")
    return json.loads(text)[0]


def counted(server):
    """The timestamp of the metrics' last whole interval; None where nothing is counted."""
    found = server.http_requests()
    return found[0] if found else None


def requests_since(server, before):
    """Requests in the whole intervals that ended since, until one came that is almost silent."""
    intervals = {}
    end = time.monotonic() + 25
    while time.monotonic() < end and len(intervals) < 2:
        stamp, counts = server.http_requests()
        if stamp != before:
            intervals[stamp] = counts
        time.sleep(0.5)
    return sum(count for counts in intervals.values() for name, count in counts.items()
               if "metrics" not in name)
