#!/usr/bin/env python3
"""Three processes of apps/scheduler share their shards as members of a group: while one is drained,
dies or is restarted, every shard has one worker at a time and hardly waits for it."""

import json
import os
import time
import unittest

from support import cases, consul
from support.ledger import Ledger
from support.processes import BUILD, SANITIZED, SLACK, TENURE, boot_time, wait_until

SCHEDULER = os.path.join(BUILD, "bin", "scheduler")
GROUP = "scheduler"
SPAN, LIVENESS = 2, 1
# Allowance for a busy machine. The figures that the tests print are compared with strict limits by
# `./dev bench deploy groups`.
LATE = 0.5 * SLACK
PATIENCE = 30 * SLACK


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


class GroupCase(cases.ServerCase):
    """Each test has a group and a prefix."""

    tenants, shards, pause = 5, 60, 0.2

    def setUp(self):
        super().setUp()
        self.group = f"{GROUP}-{self.id().rpartition('.')[2]}"
        self.ledger = Ledger(os.path.join(self.folder, "ledger"))
        self.members = {}

    @property
    def number(self):
        return self.tenants * self.shards

    def scheduler(self, name, *options, **more):
        """Starts a member, for the first time or again."""
        self.members[name] = self.start(
            SCHEDULER, "--tenants", self.tenants, "--shards", self.shards, "--name", name,
            "--prefix", self.group, "--group", self.group, "--ledger", self.ledger.folder,
            "--pause", f"{self.pause * 1000:.0f}ms", "--span", f"{SPAN}s", "--ttl", "10s",
            "--liveness", f"{LIVENESS}s", "--settling", "0s", "--moves", 500, *options, **more)
        return self.members[name]

    def tenure(self, *words):
        code, output, errors = self.run_to_end(TENURE, *words, timeout=PATIENCE + 30)
        self.assertEqual((0, ""), (code, errors), output)
        return output

    def report(self):
        return json.loads(self.tenure("group", "--json", self.group))

    def led(self):
        """How many elections each member leads."""
        return {m["name"]: m["leads"] for m in self.report()["members"]}

    def wait_until_shared(self, *names):
        """Waits until these members have settled and each leads its share of all shards, within
        one. Prints how many."""
        def shared():
            if code_of_missing_group():
                return None
            found = {m["name"]: m for m in self.report()["members"]}
            share = self.number / len(names)
            fair = set(found) == set(names) and all(
                m["state"] == "settled" and abs(m["leads"] - share) <= 1 for m in found.values())
            return {name: m["leads"] for name, m in found.items()} if fair and sum(
                m["leads"] for m in found.values()) == self.number else None

        def code_of_missing_group():
            return self.run_to_end(TENURE, "group", self.group)[0]

        return wait_until(shared, PATIENCE, pause=0.1, what=f"equal shares of {names}")

    def start_three(self, *options):
        for name in ("a", "b", "c"):
            self.scheduler(name, *options)
        return self.wait_until_shared("a", "b", "c")

    def stop(self, name):
        process = self.members[name]
        process.terminate()
        self.assertEqual(0, process.wait(15 * SLACK), self.zoo.errors(process))
        self.assertEqual("", self.zoo.errors(process))
        self.assertIn(" steps, 0 rejected", self.zoo.output(process))


class GroupsTest(GroupCase):
    def test_shares_drains_pins_and_a_crash(self):
        print(f"\nthree members lead {self.start_three()}")
        self.check_drain()
        self.check_pin()
        self.check_crash()
        self.ledger.check_one_at_a_time(self)
        for name in ("a", "b"):
            self.stop(name)
        keys = self.consul.json("GET", f"/v1/kv/{self.group}/", recurse="")
        self.assertFalse([key["Key"] for key in keys if "Session" in key])

    def check_drain(self):
        begun = boot_time()
        self.tenure("drain", "--wait", self.group, "c")
        self.assertEqual(0, self.led()["c"])
        print(f"drained after {boot_time() - begun:.2f} s, the others lead {self.led()}")
        led = wait_until(lambda: sum(self.led().values()) == self.number and self.led(), PATIENCE,
                         pause=0.1, what="all shards at the others")
        self.assertLessEqual(abs(led["a"] - led["b"]), 2, led)
        self.tenure("undrain", self.group, "c")
        self.wait_until_shared("a", "b", "c")

    def check_pin(self):
        """A pinned election is led by the chosen member, and the shares stay even."""
        key = next(e["Key"] for e in self.consul.json("GET", f"/v1/kv/{self.group}/", recurse="")
                   if "tenant-1" in e["Key"])
        leader = self.consul.get(key)[0]["Value"]
        chosen = next(name for name in self.members if name != leader)
        self.tenure("pin", "--group", self.group, key, chosen)
        wait_until(lambda: self.consul.get(key)[0]["Value"] == chosen, PATIENCE, pause=0.02,
                   what=f"{chosen} to lead {key}")
        self.wait_until_shared("a", "b", "c")
        self.assertEqual(chosen, self.consul.get(key)[0]["Value"])
        self.assertEqual({key: chosen}, self.report()["pins"])
        self.tenure("unpin", "--group", self.group, key)
        self.assertEqual({}, self.report()["pins"])

    def check_crash(self):
        self.members["c"].kill()
        killed_at = boot_time()
        self.members["c"].wait()
        led = self.wait_until_shared("a", "b")
        time.sleep(2 * self.pause)
        waits = []
        for steps in self.ledger.steps().values():
            last = max((s.time for s in steps if s.time <= killed_at + 0.1), default=0)
            if next(s.name for s in steps if s.time == last) == "c":
                waits.append(min(s.time for s in steps if s.time > last) - killed_at)
        print(f"kill -9: {len(waits)} shards had no worker for {max(waits):.2f} s at most, "
              f"{percentile(waits, 50):.2f} s at the median; the others lead {led}")
        self.assertGreater(len(waits), 0)
        self.assertLess(max(waits), LIVENESS + SPAN + 0.2 + self.pause + LATE)


class DeployTest(GroupCase):
    """A rolling restart under load."""

    tenants, shards, pause = (10, 20, 1.0) if SANITIZED else (10, 100, 1.0)

    def test_restart_one_after_the_other(self):
        self.start_three()
        begun = boot_time()
        for name in ("a", "b", "c"):
            self.stop(name)
            self.scheduler(name)
            self.wait_until_shared("a", "b", "c")
        took = boot_time() - begun
        time.sleep(2 * self.pause)
        led = self.wait_until_shared("a", "b", "c")
        self.ledger.check_one_at_a_time(self)
        moves, late, late_at_moves = 0, [], []
        for steps in self.ledger.steps().values():
            for before, after in zip(steps, steps[1:]):
                if after.time < begun:
                    continue
                wait = after.time - before.time - self.pause
                late.append(wait)
                if after.fence != before.fence:
                    moves += 1
                    late_at_moves.append(wait)
        print(f"\n{self.number} shards, three restarts in {took:.1f} s, {moves} hand-overs: work "
              f"paused for {max(late_at_moves) * 1e3:.0f} ms beyond its pace at most, "
              f"{percentile(late_at_moves, 99) * 1e3:.0f} ms in 99% of them; within a term "
              f"{max(late) * 1e3:.0f} ms at most; at the end {led}")
        self.assertGreater(moves, self.number)  # each shard moved at least once on the average
        self.assertLess(max(late_at_moves), 0.05 + LATE)


@unittest.skipIf(cases.on_agent(), "the embedded agent has no ACLs")
class RightsTest(GroupCase):
    tenants, shards = 1, 3
    master = "5ec2e7ba-5b1c-47a5-a2a2-000000000001"

    def setUp(self):
        super().setUp()
        self.secured = consul.Server(self.folder, acl={
            "enabled": True, "default_policy": "deny", "tokens": {"master": self.master}})
        self.addCleanup(self.secured.close)

    def test_no_right_to_be_a_member(self):
        """It says so in one line that names the right, and ends by SIGTERM as always."""
        rules = "\n".join((f'key_prefix "{self.group}/" {{ policy = "write" }}',
                           f'key_prefix "{self.group}/members/" {{ policy = "read" }}',
                           'session_prefix "" { policy = "write" }',
                           'agent_prefix "" { policy = "read" }',
                           'node_prefix "" { policy = "write" }',
                           'service_prefix "" { policy = "write" }'))
        client = self.secured.client
        policy = client.json("PUT", "/v1/acl/policy", {"Name": "no-members", "Rules": rules})
        token = client.json("PUT", "/v1/acl/token", {"Policies": [{"ID": policy["ID"]}]})
        process = self.scheduler("a", env={"CONSUL_HTTP_ADDR": self.secured.address,
                                           "CONSUL_HTTP_TOKEN": token["SecretID"]})
        wait_until(lambda: self.zoo.error_lines(process), PATIENCE, what="a line")
        time.sleep(3)
        lines = self.zoo.error_lines(process)
        self.assertEqual(1, len(lines), lines)
        self.assertIn(" lacks key:write ", lines[0])
        self.assertIn(f'"{self.group}/members/', lines[0])
        process.terminate()
        self.assertEqual(0, process.wait(15 * SLACK), self.zoo.errors(process))


if __name__ == "__main__":
    cases.main(needs_consul=True)
