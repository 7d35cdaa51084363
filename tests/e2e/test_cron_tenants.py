#!/usr/bin/env python3
"""tenure-cron with a folder of jobs files: each is a tenant, and what goes wrong in one does not
touch the others."""

import os
import signal

from support import cases
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
        self.assertNotIn("schedule stopped election=" + self.key + "/good.yaml",
                         self.zoo.errors(process))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(10), self.zoo.errors(process))

    def test_a_folder_without_files(self):
        code, _, errors = self.run_to_end(TENURE_CRON, self.tenants)
        self.assertEqual(64, code)
        self.assertIn("has no *.yaml file", errors)


if __name__ == "__main__":
    cases.main(needs_consul=True)
