"""The leading process is killed: how long until the next leader's body starts."""

import random
import threading
import time

from ..processes import Failed, boot_ns
from ..results import Target
from ..stats import Samples

ABOUT = "SIGKILL of the leader to the next leader's body, with and without liveness"
TTL_MS = 10_000
SLACK_MS = 100


class Case:
    def __init__(self, subject, name, options=(), limit=None, explained=""):
        self.subject, self.name, self.options = subject, name, list(options)
        self.limit, self.explained = limit, explained
        self.samples = Samples()


def cases(setting):
    found = []
    for span in (1000, 15_000):
        for liveness in (500, 1000, 2000, None):
            if setting.quick and (span, liveness) != (1000, 500):
                continue
            options = ["--span-ms", span, "--ttl-ms", TTL_MS, "--lock-delay-ms", 0]
            name = f"{liveness or 'no'} {'ms ' if liveness else ''}liveness, {span // 1000}s span"
            # Without liveness Consul sees the crash between one and two TTLs after a renewal.
            seen = liveness or 2 * TTL_MS
            if liveness:
                options += ["--liveness-ms", liveness]
            found.append(Case("tenure", name, options, (seen + span + SLACK_MS) / 1000))
    return found + [Case(p.name, p.crash_settings, p.crash_options)
                    for p in setting.peers_for("crash", "consul")]


def run(setting):
    for kind in setting.servers:
        with setting.server(kind, connections=1000) as server:
            everything = [c for c in cases(setting) if kind == "consul" or c.subject == "tenure"]
            runs = setting.runs(7, 2)
            for number in range(runs):
                setting.progress(f"crash on {kind}: {len(everything)} cases at once, run"
                                 f" {number + 1} of {runs}")
                one_run(setting, server, everything, number)
        for case in everything:
            targets = []
            if case.limit is not None:
                text = f"p99 <= {case.limit:g} s"
                targets = [Target("p99", case.limit, text)]
            setting.results.add("crash", case.subject, 1, "until_next_leads", "s", case.samples,
                                kind, case.name, targets)


def one_run(setting, server, everything, number):
    """They mostly wait, so all cases at once."""
    def call(case):
        try:
            case.samples.add_run([once(setting, server, case, number)])
        except Failed as failure:
            setting.results.note(f"crash, {case.name}: {failure}")

    threads = [threading.Thread(target=call, args=(case,)) for case in everything]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def once(setting, server, case, number):
    key = f"crash/{case.subject}/{case.name}/{number}".replace(" ", "-").replace(",", "")
    with setting.subjects() as start:
        first = start(case.subject, server, *case.options)
        second = start(case.subject, server, *case.options)
        first.tell("candidate", key)
        first.expect("leading", 60)
        second.tell("candidate", key)
        # Anywhere between two heartbeats.
        time.sleep(2 + random.uniform(0, 3))
        begun = boot_ns()
        first.kill()
        return (int(second.expect("leading", 120)[1]) - begun) / 1e9
