#!/usr/bin/env python3
"""A Consul that answers nonsense, in each way of a table: no program crashes, spins, or goes on to
believe that it leads, and each of them leads again when the answers are sane."""

import json
import os
import time

from support import cases, hostile_answers, hostile_front
from support.agent import Agent
from support.processes import SANITIZED, SLACK, TENURE, TENURE_CRON, alive, boot_time, wait_until

SPAN = 3.0
MEASURED = 6.0  # seconds
COST_OF_CHECKS = 4 if SANITIZED else 1
MOST_CPU = 0.02 * COST_OF_CHECKS  # of one core
# A second. An answer with a newer index is news, and costs 20 ms at least.
MOST_REQUESTS = 60
MOST_MEMORY = (40 << 20) * COST_OF_CHECKS  # more than before
# The answers that the sidecar and tenure-cron get; `tenure run` gets all.
OTHERS = ("garbage", "silence", "endless chunks", "another key", "an index that stays")
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE


class Program:
    """One program, and the front that it takes for Consul. While it leads, a command runs."""

    def __init__(self, test, name, answer, number):
        self.name = name
        self.test = test
        self.key = f"e2e/hostile/{number}"
        self.pid_file = test.zoo.path(f"pid-{number}")
        self.command = ["/bin/sh", "-c", f"echo $$ > {self.pid_file}; exec sleep 1000"]
        self.front = test.fronts.add(test.agent.address, answer)
        self.process = test.start(*self.arguments(test.zoo.path(f"config-{number}")),
                                  env={"CONSUL_HTTP_ADDR": self.front.address})
        self.problems = []

    def arguments(self, _):
        return [TENURE, "run", "--respawn", "--span", f"{SPAN:.0f}s", "--ttl", "10s", self.key,
                "--", *self.command]

    def leads(self):
        try:
            with open(self.pid_file, encoding="ascii") as file:
                return alive(int(file.read()))
        except (FileNotFoundError, ValueError):
            return False

    def check(self, true, what):
        if not true:
            self.problems.append(f"{self.name}: {what}")

    def measure(self):
        self.cpu = cpu_seconds(self.process.pid)
        self.asked = self.front.requests.total()

    def judge(self, seconds, memory_before):
        self.check(self.process.poll() is None, f"ended with {self.process.returncode}")
        if self.process.returncode is not None:
            return
        cpu = (cpu_seconds(self.process.pid) - self.cpu) / seconds
        asked = (self.front.requests.total() - self.asked) / seconds
        self.check(cpu < MOST_CPU, f"{cpu:.1%} of a core")
        self.check(asked < MOST_REQUESTS, f"{asked:.0f} requests a second: {self.front.requests}")
        more = memory(self.process.pid) - memory_before
        self.check(more < MOST_MEMORY, f"{more >> 20} MiB more")
        self.check(not self.leads(), "its command runs beyond the lease")
        lines = self.test.zoo.error_lines(self.process)
        self.check(any(" warn " in x or " error " in x for x in lines), f"no warning: {lines}")
        self.check(len(lines) < 60, f"{len(lines)} lines of log")


class Sidecar(Program):
    def arguments(self, config):
        with open(config, "w", encoding="ascii") as file:
            json.dump({"elections": [{"name": "app", "key": self.key, "span": f"{SPAN:.0f}s",
                                      "ttl": "10s", "command": {"run": self.command}}],
                       "http": {"listen": "127.0.0.1:0"}}, file)
        return [TENURE, "sidecar", config]


class Cron(Program):
    """Its job is due each second, and runs until the term ends."""

    def arguments(self, config):
        with open(config, "w", encoding="ascii") as file:
            json.dump({"election": self.key, "ledger": self.key + "-ledger", "jobs": [
                {"name": "job", "schedule": "@every 1s", "command": self.command}]}, file)
        return [TENURE_CRON, "--span", f"{SPAN:.0f}s", "--ttl", "10s", config]


class HostileConsulTest(cases.Case):
    def setUp(self):
        super().setUp()
        self.agent = Agent(self.folder)
        self.addCleanup(self.agent.close)
        self.fronts = hostile_front.Fronts()
        self.addCleanup(self.fronts.close)

    def test_table(self):
        answers = hostile_answers.CASES
        programs = [Program(self, name, answer, number)
                    for number, (name, answer) in enumerate(answers.items())]
        for kind in (Sidecar, Cron):
            programs += [kind(self, f"{kind.__name__}, {name}", answers[name],
                              f"{kind.__name__}-{number}")
                         for number, name in enumerate(OTHERS)]
        wait_until(lambda: all(p.leads() for p in programs), 30 * SLACK, 0.05, "every leader")
        memory_before = [memory(p.process.pid) for p in programs]
        for p in programs:
            p.front.turn(hostile=True)
        time.sleep(SPAN + 0.5)
        for p in programs:
            p.measure()
        begin = boot_time()
        time.sleep(MEASURED)
        for p, before in zip(programs, memory_before):
            p.judge(boot_time() - begin, before)
        for p in programs:
            p.front.turn(hostile=False)
        end = boot_time() + 15 * SLACK
        while boot_time() < end and not all(p.leads() for p in programs):
            time.sleep(0.05)
        for p in programs:
            p.check(p.leads(), "does not lead again")
        problems = [x for p in programs for x in p.problems]
        self.assertEqual([], problems, "\n" + "\n".join(problems))


if __name__ == "__main__":
    cases.main()
