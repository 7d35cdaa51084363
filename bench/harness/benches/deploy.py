"""A rolling restart: three processes of apps/scheduler share their shards as members of a group,
and each is stopped and started again, one after the other. Their ledger says how long work
paused."""

import json
import os
import shutil
import subprocess

from ..group_members import wait_until
from ..processes import Failed, boot_ns
from ..results import at_most
from ..stats import Samples

ABOUT = "the pauses of 1,000 elections while the processes that lead them are restarted"
NAMES = ("a", "b", "c")
SHARDS = 100  # of each tenant
PACE = 1.0  # seconds between two steps of a shard
MOST_PAUSE_MS = 50
STOPS_WITHIN = 30  # seconds


def run(setting):
    n = min(setting.most, 300 if setting.quick else 1000) // SHARDS * SHARDS
    for kind in setting.servers:
        found = {}
        runs = setting.runs(3, 1)
        for number in range(runs):
            setting.progress(f"deploy on {kind}: {n} elections, run {number + 1} of {runs}")
            with setting.server(kind) as server:
                deploy = Deploy(setting, server, n)
                try:
                    deploy.run()
                    for metric, values in deploy.figures().items():
                        found.setdefault(metric, Samples()).add_run(values)
                finally:
                    deploy.close()
        add_rows(setting, kind, n, found)


def add_rows(setting, kind, n, found):
    def add(metric, unit, targets=()):
        setting.results.add("deploy", "tenure", case="three restarts", n=n, metric=metric,
                            unit=unit, samples=found.get(metric, Samples()), server=kind,
                            targets=targets)

    real = kind == "consul"
    add("pause_at_move", "ms")
    add("longest_at_move", "ms", at_most(MOST_PAUSE_MS, "ms") if real else [])
    add("pause_within_term", "ms")
    add("longest_within_term", "ms")
    add("moves", "")
    add("took", "s")


class Deploy:
    """One rolling restart, with a group and a ledger of its own."""

    prefix = "deploy"

    def __init__(self, setting, server, n):
        from support.ledger import Ledger  # found once there is a server
        self.setting, self.server, self.n = setting, server, n
        self.ledger = Ledger(os.path.join(setting.folder, f"ledger-{boot_ns()}"))
        self.processes = {}
        self.begun = self.ended = 0

    def run(self):
        for name in NAMES:
            self.start(name)
        self.wait_until_shared()
        self.begun = boot_ns()
        for name in NAMES:
            self.stop(name)
            self.start(name)
            self.wait_until_shared()
        self.ended = boot_ns()

    def start(self, name):
        argv = [os.path.join(self.setting.build, "bin", "scheduler"), "--name", name, "--tenants",
                self.n // SHARDS, "--shards", SHARDS, "--prefix", self.prefix, "--group",
                self.prefix, "--ledger", self.ledger.folder, "--pause", f"{PACE * 1000:.0f}ms",
                "--span", "2s", "--ttl", "10s", "--liveness", "1s", "--settling", "0s", "--moves",
                500]
        self.processes[name] = subprocess.Popen(
            [str(word) for word in argv], env={**os.environ, **self.server.environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)

    def stop(self, name):
        process = self.processes[name]
        process.terminate()
        try:
            code = process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            raise Failed(f"{name} did not stop within {STOPS_WITHIN} s") from None
        if code != 0:
            raise Failed(f"{name} ended with {code}")

    def wait_until_shared(self):
        wait_until(self.shared, f"{len(NAMES)} processes to lead {self.n} shards", 0.1)

    def shared(self):
        """Whether all have settled, and each leads its share within one."""
        done = subprocess.run([os.path.join(self.setting.build, "bin", "tenure"), "group", "--json",
                               self.prefix], env={**os.environ, **self.server.environment},
                              capture_output=True, text=True, check=False)
        members = json.loads(done.stdout)["members"] if done.returncode == 0 else []
        share = self.n / len(NAMES)
        return ({m["name"] for m in members} == set(NAMES)
                and sum(m["leads"] for m in members) == self.n
                and all(m["state"] == "settled" and abs(m["leads"] - share) <= 1
                        for m in members))

    def figures(self):
        """How long each shard waited for its next step beyond its pace, in ms. A hand-over may
        come between two steps, and then the next one comes early."""
        at_moves, within = [], []
        for steps in self.ledger.steps().values():
            for before, after in zip(steps, steps[1:]):
                if before.time * 1e9 >= self.begun and after.time * 1e9 <= self.ended:
                    late = at_moves if after.fence != before.fence else within
                    late.append(1000 * max(0, after.time - before.time - PACE))
        if len(at_moves) < self.n:
            raise Failed(f"{self.n} shards, and only {len(at_moves)} moves in three restarts")
        return {"pause_at_move": at_moves, "longest_at_move": [max(at_moves)],
                "pause_within_term": within, "longest_within_term": [max(within)],
                "moves": [len(at_moves)], "took": [(self.ended - self.begun) / 1e9]}

    def close(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.ledger.folder)
