#!/usr/bin/env python3
"""tenure-cron in a group: one election a job. The jobs spread over three replicas, a killed
replica's jobs run on the others, and a drained one hands its jobs over between two runs."""

import collections
import json
import signal

from support import cases
from support.processes import SLACK, TENURE, TENURE_CRON, wait_until

JOBS = 30


class CronSpreadTest(cases.ServerCase):
    def write(self):
        rows = [f"  - {{name: j{i:02}, schedule: '@every 2s', "
                f"command: 'echo j{i:02} $TENURE_TICK $TENURE_FENCE $WHO >> ticks'}}"
                for i in range(JOBS)]
        rows += ["  - {name: long, schedule: '@every 1s', "
                 "command: 'echo begin $WHO >> long; sleep 2; echo end $WHO >> long'}",
                 "  - {name: gpu, schedule: '@every 1s', on: [gpu], command: 'echo $WHO >> gpu'}",
                 "  - {name: all, schedule: '@every 1s', run_on: all, "
                 "command: 'echo $TENURE_TICK $WHO >> all'}"]
        path = self.zoo.path("jobs.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}/cron\njobs:\n" + "\n".join(rows) + "\n")
        return path

    def cron(self, path, name, *options):
        return self.start(TENURE_CRON, "--group", self.key, "--member", name, "--span", "3s",
                          "--ttl", "10s", "--liveness", "1s", *options, path, cwd=self.folder,
                          env={"WHO": name})

    def members(self):
        line = self.run_to_end(TENURE, "group", "--json", self.key)[1]
        return {m["name"]: m for m in json.loads(line)["members"]}

    def leads(self):
        """How many of the jobs that may run on each replica."""
        return {name: m["leads"] - (name == "c") for name, m in self.members().items()}

    def test_three_replicas_share_the_jobs(self):
        path = self.write()
        replicas = {"a": self.cron(path, "a"), "b": self.cron(path, "b", "--label", "zone=x"),
                    "c": self.cron(path, "c", "--label", "gpu")}
        wait_until(lambda: sorted(self.leads().values()) == [10, 10, 11], 30 * SLACK, pause=0.1,
                   what="an even spread")
        wait_until(lambda: {line.split()[1] for line in self.zoo.lines("all")} == set(replicas),
                   10 * SLACK, what="the job of all replicas")
        wait_until(lambda: self.zoo.lines("gpu"), 10 * SLACK, what="the job of a label")
        lines = self.run_to_end(TENURE_CRON, "list", "--json", "--file", path)[1].splitlines()
        leaders = collections.Counter(
            job["leader"] for job in map(json.loads, lines) if not job["member"])
        self.assertEqual(sorted(m["leads"] for m in self.members().values()),
                         sorted(leaders.values()))

        # A drained member's runs go on to their end, and its jobs run elsewhere.
        key = f"{self.key}/cron/long"
        self.assertEqual(0, self.run_to_end(TENURE, "pin", "--group", self.key, key, "a")[0])
        wait_until(lambda: self.zoo.lines("long")[-1:] == ["begin a"], 15 * SLACK,
                   what="the long job on a")
        code, _, errors = self.run_to_end(TENURE, "drain", "-q", "--wait", "--timeout", "20s",
                                          self.key, "a")
        self.assertEqual((0, ""), (code, errors))
        wait_until(lambda: self.zoo.lines("long")[-1:] not in (["begin a"], ["end a"]), 10 * SLACK,
                   what="the long job elsewhere")
        self.assertNotIn("job stopped", self.zoo.errors(replicas["a"]))
        self.assertRegex("".join(line[0] for line in self.zoo.lines("long")), "^(be)+b?$")

        # A crash: what b led runs on c.
        before = len(self.zoo.lines("ticks"))
        replicas.pop("b").kill()
        fresh = lambda: {line.split()[0] for line in self.zoo.lines("ticks")[before:]
                         if line.endswith(" c")}
        wait_until(lambda: len(fresh()) == JOBS, 20 * SLACK, what="all jobs on c")

        ticks = collections.Counter(tuple(line.split()[:2]) for line in self.zoo.lines("ticks"))
        self.assertEqual([], [tick for tick, times in ticks.items() if times > 1])
        self.assertEqual({"c"}, set(self.zoo.lines("gpu")))
        runs = collections.Counter(self.zoo.lines("all"))
        self.assertEqual({1}, set(runs.values()))
        for process in replicas.values():
            process.send_signal(signal.SIGTERM)
        for name, process in replicas.items():
            self.assertEqual(0, process.wait(20), self.zoo.errors(process))
            self.assertNotIn("task failed", self.zoo.errors(process), name)

    def test_a_drain_waits_for_the_runs_of_labels(self):
        path = self.zoo.path("jobs.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}/cron\njobs:\n"
                       "  - {name: slow, schedule: '@every 1s', on: [gpu], "
                       "command: 'echo begin >> slow; sleep 4; echo end >> slow'}\n")
        self.cron(path, "a", "--label", "gpu")
        wait_until(lambda: self.zoo.lines("slow")[-1:] == ["begin"], 15 * SLACK, what="a run")
        code, _, errors = self.run_to_end(TENURE, "drain", "-q", "--wait", "--timeout", "30s",
                                          self.key, "a")
        self.assertEqual((0, ""), (code, errors))
        self.assertEqual("end", self.zoo.lines("slow")[-1])
        self.assertEqual(1, self.run_to_end(TENURE, "leader", f"{self.key}/cron/slow")[0])
        self.assertEqual(0, self.run_to_end(TENURE, "undrain", self.key, "a")[0])
        wait_until(lambda: self.zoo.lines("slow")[-1] == "begin", 15 * SLACK, what="a run again")


if __name__ == "__main__":
    cases.main(needs_consul=True)
