#!/usr/bin/env python3
"""tenure-cron and changes: of its jobs file, of signals, and of replicas with different files."""

import os
import signal
import time

from support import cases
from support.processes import SLACK, TENURE, TENURE_CRON, wait_until


def job(name, command, more=""):
    return f"  - {{name: {name}, schedule: '@every 1s', command: '{command}'{more}}}\n"


class CronReloadTest(cases.ServerCase):
    def cron(self, path, name, *options, ttl="10s"):
        return self.start(TENURE_CRON, "--value", name, "--span", "2s", "--ttl", ttl, *options,
                          path, cwd=self.folder)

    def write(self, path, key, jobs):
        """As editors do: another file takes its place."""
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(f"election: {key}\njobs:\n{jobs}")
        os.replace(path + ".new", path)

    def says(self, process, text, times=1, seconds=10):
        wait_until(lambda: self.zoo.errors(process).count(text) >= times, seconds * SLACK,
                   what=f"'{text}' in {self.zoo.errors(process)}")

    def grows(self, name, by=2):
        before = len(self.zoo.lines(name))
        wait_until(lambda: len(self.zoo.lines(name)) >= before + by, 10 * SLACK,
                   what=f"more runs of {name}")

    def test_reload_drain_and_replicas(self):
        self.all_at_once(self.changes, self.a_config_map, self.drains, self.different_files)

    def changes(self):
        key, path = self.key + "/changes", self.zoo.path("changes.yaml")
        stays = job("stays", "echo $TENURE_FENCE >> stays")
        self.write(path, key, stays + job("gone", "echo b >> gone; sleep 2; echo e >> gone"))
        process = self.cron(path, "changes")
        self.grows("stays")
        wait_until(lambda: self.zoo.lines("gone")[-1:] == ["b"], what="a run of the other job")
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            process.send_signal(number)

        self.write(path, key, stays + job("fresh", "echo x >> fresh"))
        self.grows("fresh")
        wait_until(lambda: self.zoo.lines("gone")[-1:] == ["e"], what="the end of its last run")
        runs = len(self.zoo.lines("gone"))
        self.assertIn("jobs=2 added=1 removed=1", self.zoo.errors(process))

        # A bad file changes nothing, and every mistake has a line.
        self.write(path, key, stays + job("bad", "x", ", colour: red")
                   + job("worse", "x", ", timeout: never"))
        self.says(process, "jobs file refused", times=2)
        self.assertIn(f"{path}:4", self.zoo.errors(process))
        self.assertIn(f"{path}:5", self.zoo.errors(process))
        self.grows("fresh")
        os.remove(path)
        self.says(process, "cannot read")
        os.mkfifo(path)
        self.says(process, "it is no regular file")
        self.grows("fresh")

        self.write(path, key + "/other", stays)
        self.says(process, "restart to use it")
        self.write(path, key, stays)
        self.says(process, "jobs=1 added=0 removed=1")
        process.send_signal(signal.SIGHUP)
        self.says(process, "jobs file unchanged")
        fresh = len(self.zoo.lines("fresh"))
        self.grows("stays")
        self.assertEqual((runs, fresh), (len(self.zoo.lines("gone")),
                                         len(self.zoo.lines("fresh"))))
        self.assertEqual(1, len(set(self.zoo.lines("stays"))))  # one term all the time
        process.terminate()
        self.assertEqual(0, process.wait(10))

    def a_config_map(self):
        key, folder = self.key + "/map", self.zoo.path("map")
        for version in ("1", "2"):
            os.makedirs(f"{folder}/..{version}")
            self.write(f"{folder}/..{version}/jobs.yaml", key,
                       job(f"map{version}", f"echo x >> map{version}"))
        os.symlink("..1", f"{folder}/..data")
        os.symlink("..data/jobs.yaml", f"{folder}/jobs.yaml")
        process = self.cron(f"{folder}/jobs.yaml", "map")
        self.grows("map1")
        os.symlink("..2", f"{folder}/..data_tmp")
        os.replace(f"{folder}/..data_tmp", f"{folder}/..data")
        self.grows("map2")
        process.terminate()
        self.assertEqual(0, process.wait(10))

    def drains(self):
        key, path = self.key + "/drain", self.zoo.path("drain.yaml")
        self.write(path, key, job("slow", "echo b >> slow; sleep 3; echo e >> slow"))
        process = self.cron(path, "first", "--drain", "20s")
        wait_until(lambda: self.zoo.lines("slow"), 10 * SLACK, what="a run")
        process.terminate()
        began = time.monotonic()
        self.assertEqual(0, process.wait(15))
        self.assertGreater(time.monotonic() - began, 1.5)
        self.assertEqual(["b", "e"], self.zoo.lines("slow")[-2:])
        self.assertNotIn("job stopped", self.zoo.errors(process))

        second = self.cron(path, "second", "--drain", "60s")
        runs = len(self.zoo.lines("slow"))
        wait_until(lambda: len(self.zoo.lines("slow")) > runs, 10 * SLACK, what="the next run")
        second.terminate()
        self.says(second, "shutdown requested")
        second.terminate()  # kills the job at once
        self.assertEqual(0, second.wait(2 * SLACK))
        self.assertEqual("b", self.zoo.lines("slow")[-1])

    def different_files(self):
        key = self.key + "/two"
        paths = [self.zoo.path(f"two{i}.yaml") for i in (1, 2)]
        for i, path in enumerate(paths):
            self.write(path, key, job("x", f"echo {i}"))
        replicas = [self.cron(path, f"host-{i}") for i, path in enumerate(paths)]
        for i, process in enumerate(replicas):
            self.says(process, "jobs files differ", seconds=15)
            self.assertRegex(self.zoo.errors(process), f'others="?host-{1 - i}=[0-9a-f]+')
        self.write(paths[1], key, job("x", "echo 0"))
        for process in replicas:
            self.says(process, "jobs files agree", seconds=15)
            self.assertEqual(1, self.zoo.errors(process).count("jobs files differ"))
        leader = self.run_to_end(TENURE, "leader", key)[1].strip()
        self.assertIn(leader, ("host-0", "host-1"))
        for process in replicas:
            process.terminate()
            self.assertEqual(0, process.wait(10))


if __name__ == "__main__":
    cases.main(needs_consul=True)
