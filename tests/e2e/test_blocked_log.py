#!/usr/bin/env python3
"""A standard error that nothing reads blocks no program: it goes on, and SIGTERM ends it."""

import os
import time

from support import cases, consul
from support.consul import Client
from support.processes import BUILD, SLACK, TENURE, TENURE_CRON, boot_time, wait_until
from support.sidecars import Sidecars

SPAN = 2.0
# Of the last lines, for standard output and standard error.
FLUSH = 2 * 2.0


class BlockedLogTest(cases.ServerCase):
    def full_pipe(self):
        """The writing end of a pipe without room."""
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        self.addCleanup(os.close, write)
        os.set_blocking(write, False)
        for size in (65536, 4096, 1):
            try:
                while True:
                    os.write(write, b"x" * size)
            except BlockingIOError:
                pass
        os.set_blocking(write, True)
        return write

    def holds_on(self, key):
        """Waits for a leader of the key, and returns a function that checks that it still leads."""
        session = wait_until(lambda: self.consul.holder(key), 20, pause=0.02, what="a leader")

        def check():
            self.assertEqual(session, self.consul.holder(key))
        return check

    def end(self, process, code):
        begin = boot_time()
        process.terminate()
        self.assertEqual(code, process.wait(20))
        self.assertLess(boot_time() - begin, FLUSH + 6 * SLACK)

    def run_command(self):
        process = self.start(TENURE, "run", "--log-level", "trace", "--span", f"{SPAN:.0f}s",
                             "--ttl", "10s", self.key + "/run", "--", "sh", "-c",
                             'exec 2>/dev/null; trap "exit 3" TERM; '
                             'while :; do echo >> run; sleep 0.05; done',
                             cwd=self.folder, stderr=self.full_pipe())
        check = self.holds_on(self.key + "/run")
        wait_until(lambda: self.zoo.lines("run"), what="the command")
        time.sleep(1.5 * SPAN)
        check()
        self.end(process, 3)

    def sidecar(self):
        stage = Sidecars(self, "blocked", span=SPAN)
        file = stage.path("a.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(f'elections: [{{name: a, key: "{stage.key}", value: a, span: 2s, ttl: 10s}}]')
        process = self.start(TENURE, "sidecar", "--log-level", "trace", file,
                             stderr=self.full_pipe())
        check = self.holds_on(stage.key)
        time.sleep(1.5 * SPAN)
        check()
        self.end(process, 0)

    def sidecar_with_json(self):
        stage = Sidecars(self, "json", span=SPAN)
        file = stage.path("a.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(f'log: {{format: json, level: trace}}\n'
                      f'elections: [{{name: a, key: "{stage.key}", value: a, span: 2s, ttl: 10s}}]')
        process = self.start(TENURE, "sidecar", file, stderr=self.full_pipe())
        check = self.holds_on(stage.key)
        time.sleep(1.5 * SPAN)
        check()
        self.end(process, 0)

    def cron(self):
        with open(self.zoo.path("jobs.yaml"), "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}/cron\njobs:\n  - name: tick\n"
                       "    schedule: '@every 1s'\n"
                       "    command: echo out; echo >> ticks\n")
        process = self.start(TENURE_CRON, "--log-level", "trace", "--span", f"{SPAN:.0f}s", "--ttl",
                             "10s", "jobs.yaml", cwd=self.folder, stdout=self.full_pipe(),
                             stderr=self.full_pipe())
        check = self.holds_on(self.key + "/cron")
        wait_until(lambda: len(self.zoo.lines("ticks")) >= 3, 20, what="three ticks")
        check()
        self.end(process, 0)

    def agent(self):
        address = f"127.0.0.1:{consul.free_ports(1)[0]}"
        process = self.start(TENURE, "agent", "--log-level", "trace", "--listen", address,
                             "--state", "none", "--start-lock-delay", "0s",
                             stdout=self.full_pipe(), stderr=self.full_pipe())
        client = Client(address)

        def answers():
            try:
                return client.put("a", "b")
            except OSError:
                return False
        wait_until(answers, what="the agent")
        self.assertEqual("b", client.get("a")[0]["Value"])
        self.end(process, 0)

    def scheduler(self):
        process = self.start(os.path.join(BUILD, "bin", "scheduler"), "--tenants", "1", "--shards",
                             "1", "--prefix", self.key + "/shards", "--ledger", self.folder,
                             "--span", "2s", "--ttl", "10s", "--log-level", "trace",
                             stdout=self.full_pipe(), stderr=self.full_pipe())
        ledger = wait_until(lambda: [name for name in os.listdir(self.folder) if "shard" in name or
                                     "tenant" in name], 20, what="the ledger")
        self.assertTrue(ledger)
        self.end(process, 0)

    def test_a_full_pipe_blocks_no_program(self):
        self.all_at_once(self.run_command, self.sidecar, self.sidecar_with_json, self.cron,
                         self.agent, self.scheduler)


if __name__ == "__main__":
    cases.main()
