#!/usr/bin/env python3
"""apps/scheduler, the example of many elections in one process: every shard is worked by exactly
one process at a time, also when a process is killed."""

import os
import re
import subprocess
import time
import unittest

from support import cases
from support.agent import Agent
from support.ledger import Ledger
from support.processes import BUILD, boot_time, wait_until

SCHEDULER = os.path.join(BUILD, "bin", "scheduler")
TENANTS, SHARDS = 5, 12
SPAN, TTL = 2, 10


class SchedulerTest(cases.Case):
    def setUp(self):
        super().setUp()
        self.agent = Agent(self.folder)
        self.addCleanup(self.agent.close)
        self.ledger = Ledger(os.path.join(self.folder, "ledger"))

    def scheduler(self, name, *options):
        return self.start(SCHEDULER, "--tenants", TENANTS, "--shards", SHARDS, "--name", name,
                          "--ledger", self.ledger.folder, "--span", f"{SPAN}s", "--ttl", f"{TTL}s",
                          "--pause", "50ms", *options,
                          env={"CONSUL_HTTP_ADDR": self.agent.address})

    def all_worked_since(self, time, name=None):
        """Whether every shard was worked after that time (by the process of that name)."""
        found = self.ledger.steps()
        return len(found) == TENANTS * SHARDS and all(
            any(s.time > time and name in (None, s.name) for s in steps)
            for steps in found.values())

    def check_clean_exit(self, process):
        self.assertEqual(0, process.wait(15), self.zoo.errors(process))
        self.assertEqual("", self.zoo.errors(process))
        self.assertIn(" steps, 0 rejected", self.zoo.output(process))

    def test_a_process_is_killed(self):
        first = self.scheduler("first")
        wait_until(lambda: self.all_worked_since(0, "first"), 20, what="all shards by the first")
        second = self.scheduler("second")
        third = self.scheduler("third")
        wait_until(lambda: self.all_worked_since(boot_time() - 1), 10, what="work")
        first.kill()
        killed_at = boot_time()
        first.wait()
        wait_until(lambda: self.all_worked_since(killed_at + 0.5), 2 * TTL + SPAN + 10,
                   what="all shards by the other processes")
        steps = self.ledger.steps()
        all_steps = [s for shard in steps.values() for s in shard]
        self.assertGreaterEqual(  # no step before the lease of the killed process has ended
            min(s.time for s in all_steps if s.name != "first"), killed_at + SPAN / 2)
        self.assertFalse([s for s in all_steps if s.name == "first" and s.time > killed_at + 0.1])

        second.terminate()  # a clean shutdown: its shards go on at once
        left_at = boot_time()
        self.check_clean_exit(second)
        wait_until(lambda: self.all_worked_since(left_at, "third"), 10,
                   what="all shards by the third")
        self.ledger.check_one_at_a_time(self)
        third.terminate()
        self.check_clean_exit(third)
        keys = self.agent.client.json("GET", "/v1/kv/scheduler/", recurse="")
        self.assertEqual(TENANTS * SHARDS, len(keys))
        self.assertFalse([key for key in keys if "Session" in key])

    def test_killed_with_liveness(self):
        """With a liveness check the successor starts long before the session's TTL ends."""
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
        first_step = min(s.time for steps in self.ledger.steps().values() for s in steps
                         if s.name == "second")
        self.assertGreaterEqual(first_step, killed_at + SPAN / 2)
        self.ledger.check_one_at_a_time(self)
        second.terminate()
        self.check_clean_exit(second)

    def test_progress_line_has_the_library_s_figures(self):
        all_shards = TENANTS * SHARDS
        alone = self.scheduler("alone")
        line = re.compile(rf"^alone works {all_shards} of {all_shards} shards, \d+ steps so far: "
                          rf"terms={all_shards} ended=0 claims=(\d+) refused=\d+ unknown=0 "
                          r"proofs=([1-9]\d*) proof_ms=\d+\.\d\d sessions_lost=0$", re.MULTILINE)
        wait_until(lambda: line.search(self.zoo.output(alone)), 20, what="the line")
        self.assertGreaterEqual(int(line.search(self.zoo.output(alone))[1]), all_shards)
        alone.terminate()
        self.check_clean_exit(alone)

    def test_tenants_come_and_go(self):
        """Two members of a group, to which tenants are added and taken away by lines."""
        def member(name):
            return self.start(SCHEDULER, "--group", "scheduler", "--settling", "0s", "--commands",
                              "--tenants", 0, "--shards", 6, "--name", name, "--ledger",
                              self.ledger.folder, "--pause", "50ms", stdin=subprocess.PIPE,
                              env={"CONSUL_HTTP_ADDR": self.agent.address})

        def tell(*lines):
            for process in both:
                process.stdin.write("".join(line + "\n" for line in lines).encode())
                process.stdin.flush()

        def worked_since(moment):
            return {(shard.split(".")[-2], s.name) for shard, steps in self.ledger.steps().items()
                    for s in steps if s.time > moment}

        both = [member("first"), member("second")]
        for process in both:
            self.addCleanup(process.stdin.close)
        tell("enter 1", "enter 2")
        names = {"first", "second"}
        wait_until(lambda: {n for _, n in worked_since(boot_time() - 1)} == names, 20, 0.1,
                   what="work by both")
        tell("leave 1", "enter 3", "enter 3", "leave 9", "fly 3")
        for process, name in zip(both, ("first", "second")):
            wait_until(lambda p=process, n=name: f"{n} left tenant-1" in
                       self.zoo.output_lines(p), 20, 0.05, what="the end of tenant 1")
        left = boot_time()
        wait_until(lambda: {t for t, _ in worked_since(left)} >= {"tenant-2", "tenant-3"}, 20, 0.1,
                   what="work for the others")
        self.assertNotIn("tenant-1", {t for t, _ in worked_since(left)})
        self.ledger.check_one_at_a_time(self)
        for process in both:
            process.terminate()
            self.assertEqual(0, process.wait(15), self.zoo.errors(process))
            self.assertIn(" steps, 0 rejected", self.zoo.output(process))
            self.assertEqual(["scheduler: tenant-3 is entered already",
                              "scheduler: tenant-9 is not entered",
                              "scheduler: 'fly 3' is not a command: enter TENANT or leave TENANT"],
                             self.zoo.error_lines(process))
        self.ledger.check_one_at_a_time(self)

    def test_bad_arguments_get_one_line(self):
        for bad in (("--ledger", "/no/such"), ("--ledger", self.ledger.folder, "--span", "1ms"),
                    ("--ledger", self.ledger.folder, "--liveness", "1ms"),
                    ("--ledger", self.ledger.folder, "--shards", "0")):
            code, output, errors = self.run_to_end(SCHEDULER, *bad)
            self.assertEqual((64, "", 1), (code, output, len(errors.splitlines())), errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
