#!/usr/bin/env python3
"""apps/scheduler, the example of many elections in one process: every shard is worked by exactly
one of two processes, also when one of them is killed."""

import os
import time
import unittest

from support import cases
from support.agent import Agent
from support.processes import BUILD, boot_time, wait_until

SCHEDULER = os.path.join(BUILD, "bin", "scheduler")
TENANTS, SHARDS = 5, 12
SPAN, TTL = 2, 10


class Step:
    def __init__(self, line):
        number, fence, self.who, time = line.split()
        self.number, self.fence, self.time = int(number), int(fence), int(time) / 1e9


class Scheduler(cases.Case):
    def setUp(self):
        super().setUp()
        self.agent = Agent(self.folder)
        self.addCleanup(self.agent.close)
        self.ledger = os.path.join(self.folder, "ledger")
        os.mkdir(self.ledger)

    def scheduler(self, name, *options):
        return self.start(SCHEDULER, "--tenants", TENANTS, "--shards", SHARDS, "--name", name,
                          "--ledger", self.ledger, "--span", f"{SPAN}s", "--ttl", f"{TTL}s",
                          "--pause", "50ms", *options,
                          env={"CONSUL_HTTP_ADDR": self.agent.address})

    def steps(self):
        """The steps of every shard, in the order in which they were written."""
        found = {}
        for shard in os.listdir(self.ledger):
            with open(os.path.join(self.ledger, shard), encoding="utf-8") as file:
                found[shard] = [Step(line) for line in file if line.endswith("\n")]
        return found

    def all_worked_since(self, time, who=None):
        """Whether every shard was worked later than that (by `who`)."""
        found = self.steps()
        return len(found) == TENANTS * SHARDS and all(
            any(s.time > time and who in (None, s.who) for s in steps) for steps in found.values())

    def check_one_at_a_time(self):
        """Whoever worked a shard has stopped for good, within that term, when the next begins."""
        for shard, steps in self.steps().items():
            self.assertEqual(list(range(1, len(steps) + 1)), [s.number for s in steps], shard)
            for before, after in zip(steps, steps[1:]):
                if before.who == after.who:
                    self.assertLessEqual(before.fence, after.fence, shard)
                else:
                    self.assertLess(before.fence, after.fence, shard)
                self.assertLess(before.time, after.time, shard)

    def ended_well(self, process):
        self.assertEqual(0, process.wait(15), self.zoo.errors(process))
        self.assertEqual("", self.zoo.errors(process))
        self.assertIn("; 0 were refused", self.zoo.output(process))

    def test_one_is_killed(self):
        first = self.scheduler("first")
        wait_until(lambda: self.all_worked_since(0, "first"), 20, what="all shards by the first")
        second = self.scheduler("second")
        third = self.scheduler("third")
        wait_until(lambda: self.all_worked_since(boot_time() - 1), 10, what="work")
        first.kill()
        killed_at = boot_time()
        first.wait()
        wait_until(lambda: self.all_worked_since(killed_at + 0.5), 2 * TTL + SPAN + 10,
                   what="all shards by somebody else")
        steps = self.steps()
        ours = [s for shard in steps.values() for s in shard]
        self.assertGreaterEqual(  # nobody begins before the lease of the killed is over
            min(s.time for s in ours if s.who != "first"), killed_at + SPAN / 2)
        self.assertFalse([s for s in ours if s.who == "first" and s.time > killed_at + 0.1])

        second.terminate()  # an orderly end: its shards go on at once
        left_at = boot_time()
        self.ended_well(second)
        wait_until(lambda: self.all_worked_since(left_at, "third"), 10, what="all by the last")
        self.check_one_at_a_time()
        third.terminate()
        self.ended_well(third)
        keys = self.agent.client.json("GET", "/v1/kv/scheduler/", recurse="")
        self.assertEqual(TENANTS * SHARDS, len(keys))
        self.assertFalse([key for key in keys if "Session" in key])

    def test_killed_with_liveness(self):
        """The others know long before the session's TTL would tell them."""
        liveness = ("--liveness", "500ms")
        first = self.scheduler("first", *liveness)
        wait_until(lambda: self.all_worked_since(0, "first"), 20, what="all shards by the first")
        second = self.scheduler("second", *liveness)
        time.sleep(1)
        first.kill()
        killed_at = boot_time()
        first.wait()
        wait_until(lambda: self.all_worked_since(killed_at + 0.5, "second"), TTL - 2,
                   what="all shards by the second")
        first_step = min(s.time for steps in self.steps().values() for s in steps
                         if s.who == "second")
        self.assertGreaterEqual(first_step, killed_at + SPAN / 2)
        self.check_one_at_a_time()
        second.terminate()
        self.ended_well(second)

    def test_bad_arguments_get_one_line(self):
        for bad in (("--ledger", "/no/such"), ("--ledger", self.ledger, "--span", "1ms"),
                    ("--ledger", self.ledger, "--liveness", "1ms"),
                    ("--ledger", self.ledger, "--shards", "0")):
            code, output, errors = self.run_to_end(SCHEDULER, *bad)
            self.assertEqual((64, "", 1), (code, output, len(errors.splitlines())), errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
