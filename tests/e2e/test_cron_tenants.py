#!/usr/bin/env python3
"""tenure-cron with a folder of jobs files: each is a tenant, and what goes wrong in one does not
touch the others."""

import os
import signal
import unittest

from support import acl, cases
from support.processes import SLACK, TENURE_CRON, wait_until


class CronTenantsTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        self.tenants = self.zoo.path("tenants")
        os.mkdir(self.tenants)

    def write(self, name, jobs, head=""):
        path = os.path.join(self.tenants, name)
        with open(path + "~", "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}/{name}\n{head}jobs:\n{jobs}")
        os.replace(path + "~", path)

    def says(self, process, text):
        wait_until(lambda: text in self.zoo.errors(process), 10 * SLACK,
                   what=f"'{text}' in {self.zoo.errors(process)}")

    def grows(self, name):
        before = len(self.zoo.lines(name))
        wait_until(lambda: len(self.zoo.lines(name)) >= before + 2, 10 * SLACK,
                   what=f"more runs of {name}")

    def test_tenants_are_apart(self):
        tick = "  - {{name: tick, schedule: '@every 1s', command: 'echo x >> {}'}}\n"
        self.write("good.yaml", tick.format("good"))
        self.write("flood.yml", "  - {name: yes, schedule: '@every 1s', command: [yes]}\n",
                   head="max_output: 1000\n")
        self.write("bad.yaml", "  - {name: x, schedule: never, command: x, kolour: red}\n")
        self.write("crowd.yaml", tick.format("a") + tick.format("b").replace("tick", "tock"),
                   head="max_jobs: 1\n")
        process = self.start(TENURE_CRON, "--value", "one", "--span", "2s", "--ttl", "10s",
                             self.tenants, cwd=self.folder)
        self.grows("good")
        for text in ("bad.yaml:3", "crowd.yaml"):
            self.says(process, text)
        self.assertEqual(2, self.zoo.errors(process).count("bad.yaml:3"))
        self.grows("good")

        # A mended file begins, another joins, one is removed, two may not share an election.
        self.write("bad.yaml", tick.format("mended"))
        self.write("late.yaml", tick.format("late"))
        self.grows("mended")
        self.grows("late")
        os.remove(os.path.join(self.tenants, "flood.yml"))
        self.says(process, "tenant removed")
        with open(os.path.join(self.tenants, "thief.yaml"), "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}/good.yaml\njobs:\n" + tick.format("thief"))
        self.says(process, "is that of good")
        self.grows("good")
        self.assertEqual([], self.zoo.lines("thief"))
        # Nor may one have a key of another's jobs.
        with open(os.path.join(self.tenants, "thief.yaml"), "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}/good.yaml/tick\njobs:\n" + tick.format("thief"))
        self.says(process, "lies below the election")
        self.assertEqual([], self.zoo.lines("thief"))
        # One that gets another name keeps its election, and nothing is wrong.
        os.remove(os.path.join(self.tenants, "thief.yaml"))
        os.replace(os.path.join(self.tenants, "late.yaml"),
                   os.path.join(self.tenants, "renamed.yaml"))
        self.says(process, "jobs file waits")
        self.grows("late")
        self.assertNotIn("is that of late", self.zoo.errors(process))
        self.assertNotIn("schedule stopped election=" + self.key + "/good.yaml",
                         self.zoo.errors(process))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(10), self.zoo.errors(process))

    def test_a_folder_without_files(self):
        code, _, errors = self.run_to_end(TENURE_CRON, self.tenants)
        self.assertEqual(64, code)
        self.assertIn("has no *.yaml file", errors)


@unittest.skipIf(cases.on_agent(), "the embedded agent has no ACLs")
class TokensTest(acl.AclCase):
    """Each tenant has its own token, on a Consul that denies by default."""

    def setUp(self):
        super().setUp()
        for name in ("tenants", "tokens"):
            os.mkdir(self.zoo.path(name))

    def write(self, name, token_file=""):
        head = f"token_file: {self.token_path(token_file)}\n" if token_file else ""
        self.replace(os.path.join(self.zoo.path("tenants"), name + ".yaml"),
                     f"election: e2e/{name}/leader\n{head}jobs:\n"
                     f"  - {{name: tick, schedule: '@every 1s', command: 'echo x >> {name}'}}\n")

    def token_path(self, name):
        return os.path.join(self.zoo.path("tokens"), name)

    def replace(self, path, text):
        with open(path + "~", "w", encoding="ascii") as file:
            file.write(text)
        os.replace(path + "~", path)

    def token_of(self, tenant):
        return self.token("cron-" + tenant, self.policy("cron", f"e2e/{tenant}/leader"))

    def grows(self, *names):
        before = {name: len(self.zoo.lines(name)) for name in names}
        wait_until(lambda: all(len(self.zoo.lines(n)) >= before[n] + 2 for n in names),
                   30 * SLACK, what=f"more runs of each of {names}")

    def test_a_bad_token_touches_no_other_tenant(self):
        shop, mill, late = (self.token_of(name) for name in ("shop", "mill", "late"))
        self.write("plain")  # has the token of the process
        self.write("shop", "shop")
        self.write("mill", "mill")
        self.write("late", "late")
        self.replace(self.token_path("shop"), shop.secret)
        self.replace(self.token_path("mill"), "5ec2e7ba-5b1c-47a5-a2a2-00000000dead")
        process = self.start(TENURE_CRON, "--value", "one", "--span", "2s", "--ttl", "10s",
                             self.zoo.path("tenants"), cwd=self.folder,
                             env=self.environment(self.token_of("plain")))
        self.grows("plain", "shop")
        errors = self.zoo.errors(process)
        self.assertEqual(1, errors.count("late.yaml: token_file:"), errors)
        self.assertEqual(([], []), (self.zoo.lines("mill"), self.zoo.lines("late")))

        # A good token in place of a bad one, and one that was missing.
        self.replace(self.token_path("mill"), mill.secret)
        self.replace(self.token_path("late"), late.secret)
        self.grows("mill", "late", "plain", "shop")

        # One loses its rights. Its file names another token, and it goes on.
        shop.set([])
        wait_until(lambda: "schedule stopped election=e2e/shop/leader" in self.zoo.errors(process),
                   30 * SLACK, what="the end of the term")
        self.grows("mill", "late", "plain")
        stopped = len(self.zoo.lines("shop"))
        self.replace(self.token_path("next"), self.token("next", self.policy(
            "cron", "e2e/shop/leader")).secret)
        self.grows("mill")
        self.assertEqual(stopped, len(self.zoo.lines("shop")))
        self.write("shop", "next")
        self.grows("shop", "mill", "late", "plain")

        # A file that names no token changes nothing.
        self.write("shop", "missing")
        wait_until(lambda: "shop.yaml: token_file:" in self.zoo.errors(process), 10 * SLACK,
                   what="the refusal")
        self.grows("shop")
        for name in ("plain", "mill", "late"):
            self.assertNotIn(f"schedule stopped election=e2e/{name}/leader",
                             self.zoo.errors(process))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(10 * SLACK), self.zoo.errors(process))


if __name__ == "__main__":
    cases.main(needs_consul=True)
