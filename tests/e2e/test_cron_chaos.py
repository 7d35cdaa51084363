#!/usr/bin/env python3
"""Three replicas of tenure-cron with 200 jobs that are due every second, wrong wall clocks, and
faults of every kind: no tick runs twice, and the ledger says what became of each.

TENURE_CHAOS_SECONDS=180 lets the faults last longer, TENURE_CHAOS_SEED=n repeats their order.
"""

import collections
import os
import random
import signal
import time

from support import cases, clocks, cron_history, cut_proxy
from support.processes import BUILD, TENURE, TENURE_CRON, boot_time, wait_until

SECONDS = float(os.environ.get("TENURE_CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("TENURE_CHAOS_SEED", random.SystemRandom().randrange(10000)))
JOBS = 200
MOST_SKEW = 2.0  # seconds
ALL = 10**9
# What jobs want of the ticks that no leader ran, in turn; and how `catch_up:` says it.
POLICIES = [("none", 0), ("last", 1), ("5", 5), ("all", ALL)]

TICK_MARK = os.path.join(BUILD, "tests", "e2e", "tick_mark")


class Replica:
    """A replica on its own machine: the machine's clock is wrong, and it can be cut off."""

    def __init__(self, case, name, chance):
        self.case, self.name, self.chance = case, name, chance
        self.proxy = cut_proxy.Proxy(case, case.server.address)
        self.process = None
        self.start()

    def start(self):
        clock = clocks.Clock(self.case.zoo.path("clock-" + self.name),
                             self.chance.uniform(-MOST_SKEW, MOST_SKEW))
        self.process = self.case.start(
            TENURE_CRON, "--value", self.name, "--span", "2s", "--ttl", "10s", "--liveness", "1s",
            self.case.path, cwd=self.case.folder,
            env={"CONSUL_HTTP_ADDR": self.proxy.address, "TENURE_LOG_LEVEL": "warn",
                 **clock.environment()})

    # Each fault returns a function that ends it.

    def kill(self):
        self.process.kill()
        self.process.wait()
        return self.start

    def suspend(self):
        self.process.send_signal(signal.SIGSTOP)
        return lambda: self.process.send_signal(signal.SIGCONT)

    def hand_over(self):
        self.process.terminate()

        def restart():
            self.case.assertEqual(0, self.process.wait(30), self.name)
            self.start()
        return restart

    def partition(self):
        self.proxy.cut = True

        def heal():
            self.proxy.cut = False
            self.proxy.reset()
        return heal


class ChaosTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        self.path = self.zoo.path("jobs.yaml")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}\n"
                       "ledger: chaos\n"
                       "defaults: {history: 1000}\n"
                       "jobs:\n")
            for i in range(JOBS):
                file.write(f'  - {{name: job{i}, schedule: "@every 1s", '
                           f"command: [{TICK_MARK}, ticks], "
                           f"catch_up: {POLICIES[i % len(POLICIES)][0]}, "
                           f"retry_unknown: {'true' if i % 8 > 5 else 'false'}}}\n")

    def policy(self, job):
        return POLICIES[int(job[3:]) % len(POLICIES)][1]

    def retries(self, job):
        return int(job[3:]) % 8 > 5

    def ticks(self):
        """What ran: (job, tick) with the fences of its runs."""
        found = collections.defaultdict(list)
        for line in self.zoo.lines("ticks"):
            job, tick, fence, _ = line.split()
            found[job, cron_history.seconds_of(tick)].append(int(fence))
        return found

    def leader(self):
        return self.run_to_end(TENURE, "leader", self.key)[1].strip()

    def test_chaos(self):
        print(f"seed {SEED}, {SECONDS:.0f} s")
        chance = random.Random(SEED)
        replicas = {name: Replica(self, name, chance) for name in ("a", "b", "c")}
        wait_until(lambda: self.zoo.lines("ticks"), 30, what="the first tick")
        self.inject(replicas, chance)
        # Peace: one leader, clocks as they are, until the ledger has caught up.
        before = len(self.zoo.lines("ticks"))
        try:
            wait_until(lambda: len(self.zoo.lines("ticks")) >= before + JOBS, 120,
                       what="ticks after the faults")
        except AssertionError:
            for replica in replicas.values():
                last = self.zoo.errors(replica.process).splitlines()[-8:]
                print(replica.name, replica.process.poll(), *last, sep="\n  ")
            raise
        for replica in replicas.values():
            replica.process.terminate()
        for replica in replicas.values():
            self.assertEqual(0, replica.process.wait(30), replica.name)
        self.check()

    def inject(self, replicas, chance):
        """Faults, mostly of the leader, with one to three seconds between them."""
        kinds = ("kill", "suspend", "hand_over", "partition")
        counts = collections.Counter()
        end = boot_time() + SECONDS
        while boot_time() < end:
            leader = replicas.get(self.leader())
            hit = leader if leader and chance.random() < 0.75 else \
                chance.choice(list(replicas.values()))
            kind = chance.choice(kinds)
            counts[kind + (" of the leader" if hit is leader else "")] += 1
            undo = getattr(hit, kind)()
            time.sleep(chance.uniform(0.2, 6))
            undo()
            time.sleep(chance.uniform(1, 3))
        print(dict(counts))

    def check(self):
        ran = self.ticks()
        histories = cron_history.read(self.consul, "chaos")
        self.assertEqual(JOBS, len(histories))
        wrong = []
        reasons = collections.Counter()
        for (job, tick), fences in ran.items():
            records = histories[job].by_tick()[tick] if len(fences) > 1 else []
            unknown = sum(r["state"] == "unknown" for r in records)
            if len(fences) > 1 and not (self.retries(job) and unknown >= len(fences) - 1):
                wrong.append(f"{job} tick {tick} ran under {fences}: {records}")
        for job, history in histories.items():
            first = min(r["tick"] for r in history.records)
            wrong += cron_history.mistakes(history, first, history.last, self.policy(job),
                                           self.retries(job))
            known = set(history.runs())
            wrong += [f"{job} tick {tick} ran, and is not in the ledger"
                      for j, tick in ran if j == job and tick not in known]
            for r in history.records:
                what = r.get("reason") or r["state"] + " " + r["trigger"]
                reasons[what] += r.get("count", 1)
                finished = r["state"] == "finished" and r["ending"] == "succeeded"
                if finished and (job, r["tick"]) not in ran:
                    wrong.append(f"{job} tick {r['tick']} did not run: {r}")
        print(dict(reasons))
        self.assertEqual([], wrong[:20], f"{len(wrong)} mistakes, seed {SEED}")
        self.assertGreater(len(ran), JOBS)  # on a busy machine most ticks overlap


if __name__ == "__main__":
    cases.main(needs_consul=True)
