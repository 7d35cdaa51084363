"""Kills the leading process, and measures the time until the next leader's body starts."""

import contextlib
import dataclasses
import random
import threading
import time

from ..processes import Failed, boot_ns
from ..results import Target
from ..stats import Samples

ABOUT = "from SIGKILL of the leader to the next leader's body, with and without liveness"
TTL_MS = 10_000
SLACK_MS = 100


@dataclasses.dataclass
class Case:
    server: object
    subject: str
    name: str
    options: list = ()
    limit: float = None  # seconds, of the 99th percentile
    times: int = 1  # in each run
    samples: Samples = dataclasses.field(default_factory=Samples)


def cases(setting, server):
    found = []
    for span in (1000, 15_000):
        for liveness in (500, 1000, 2000, None):
            if setting.quick and (span, liveness) != (1000, 500):
                continue
            options = ["--span-ms", span, "--ttl-ms", TTL_MS, "--lock-delay-ms", 0]
            name = f"{liveness or 'no'} {'ms ' if liveness else ''}liveness, {span // 1000}s span"
            # Without liveness Consul expires the session one to two TTLs after a renewal.
            expires = liveness or 2 * TTL_MS
            if liveness:
                options += ["--liveness-ms", liveness]
            limit = (expires + span + SLACK_MS) / 1000
            # Short cases run several times while the long ones wait.
            found.append(Case(server, "tenure", name, options, limit,
                              times=3 if limit < 5 else 1))
    return found + [Case(server, p.name, p.crash_settings, p.crash_options)
                    for p in setting.peers_for("crash", server.kind)]


def run(setting):
    with contextlib.ExitStack() as open_servers:
        everything = []
        for kind in setting.servers:
            server = open_servers.enter_context(setting.server(kind, connections=1000))
            everything += cases(setting, server)
        runs = setting.runs(7, 2)
        for number in range(runs):
            setting.progress(f"crash on {' and '.join(setting.servers)}: {len(everything)} cases at"
                             f" once, run {number + 1} of {runs}")
            one_run(setting, everything, number)
    for case in everything:
        targets = []
        if case.limit is not None:
            targets = [Target("p99", case.limit, f"p99 <= {case.limit:g} s")]
        setting.results.add("crash", case.subject, n=1, metric="until_next_leads", unit="s",
                            samples=case.samples, server=case.server.kind, case=case.name,
                            targets=targets)


def one_run(setting, everything, number):
    """Runs all cases at once, as they mostly wait."""
    def call(case):
        try:
            case.samples.add_run([once(setting, case, f"{number}-{i}") for i in range(case.times)])
        except Failed as failure:
            setting.results.note(f"crash on {case.server.kind}, {case.name}: {failure}",
                                 case.server.kind)

    threads = [threading.Thread(target=call, args=(case,)) for case in everything]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def once(setting, case, number):
    key = f"crash/{case.subject}/{case.name}/{number}".replace(" ", "-").replace(",", "")
    with setting.subjects() as start:
        first = start(case.subject, case.server, *case.options)
        second = start(case.subject, case.server, *case.options)
        first.send("candidate", key)
        first.expect("leading", 60)
        second.send("candidate", key)
        # The crash comes at a random time between two heartbeats.
        time.sleep(2 + random.uniform(0, 3))
        begun = boot_ns()
        first.kill()
        return (int(second.expect("leading", 120)[1]) - begun) / 1e9
