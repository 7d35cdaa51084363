#!/usr/bin/env python3
"""The leader is killed, stopped, or leaves: when the next one starts, and that nothing that the old
one started is left by then. What is watched is the command, not its runner."""

import datetime
import os
import re
import signal
import statistics
import time

from support import cases, marks
from support.processes import MARK, SLACK, TENURE, Zoo, alive, boot_time, wait_until

SPAN = 2.0
TTL = 10.0
# Between the moment at which a session ended and that at which a blocking query told us so.
SEEN_LATE = 0.05
# Lines of the log have milliseconds.
LOG_LINE = re.compile(r"^(\S+Z) \w+ (.*?) election=")


class Stage:
    """Runners that contend for one key, and what their commands wrote down."""

    def __init__(self, case, name):
        folder = os.path.join(case.folder, name)
        os.mkdir(folder)
        self.zoo = Zoo(folder)
        case.addCleanup(self.zoo.close)
        self.case = case
        self.key = f"e2e/failover/{name}"
        self.consul = case.consul

    def run(self, name, *options, hold_ms=0, command=None, extra=()):
        mark = [MARK, self.zoo.path("marks"), name, hold_ms, *extra]
        return self.zoo.start(TENURE, "run", "--span", f"{SPAN:.0f}s", "--ttl", f"{TTL:.0f}s",
                              "--value", name, "--log-level", "info", *options, self.key, "--",
                              *(command or mark), env=self.case.environment, cwd=self.zoo.folder)

    def marks(self, event=None, name=None):
        everything = marks.read(self.zoo.path("marks"))
        return marks.of(everything, event, name) if event else everything

    def wait_for(self, event, name, seconds=40):
        return wait_until(lambda: self.marks(event, name), seconds, what=f"{event} of {name}")[0]

    def wait_until_seen(self, process):
        """Until a runner stands and has seen who holds the key."""
        wait_until(lambda: "session created" in self.zoo.errors(process), what="a session")
        time.sleep(0.3)

    def session_end(self, session):
        """When the key was no longer held by this session, as a blocking query saw it."""
        return self.consul.wait_for(self.key, lambda e: not e or e.get("Session") != session)[1]

    def check_no_overlap(self):
        self.case.assertEqual([], marks.overlaps(self.marks()))


class FailoverTest(cases.ServerCase):
    def test_crashes_and_pauses(self):
        self.all_at_once(self.leader_killed, self.leader_killed_with_stubborn_command,
                         self.leader_stopped, self.respawning_leader_stopped,
                         self.guardian_killed, self.command_of_a_killed_leader_detached)

    def leader_killed(self):
        stage = Stage(self, "killed")
        first = stage.run("a")
        command = stage.wait_for("begin", "a")
        second = stage.run("b")
        stage.wait_until_seen(second)
        session = self.consul.holder(stage.key)
        killed_at = boot_time()
        first.kill()
        ended = stage.session_end(session)
        self.assertLess(ended - killed_at, 2 * TTL + 1)
        begin = stage.wait_for("begin", "b")
        print(f"\nkill -9: session ended after {ended - killed_at:.1f} s, the next one led "
              f"{begin.time - ended:.3f} s later (span {SPAN} s)")
        self.assertGreater(begin.time - ended, SPAN - SEEN_LATE)
        self.assertLess(begin.time - ended, SPAN + 1)
        self.assertLess(stage.marks("end", "a")[0].time - killed_at, 0.3 * SLACK)
        self.assertFalse(alive(command.pid))
        stage.check_no_overlap()

    def leader_killed_with_stubborn_command(self):
        stage = Stage(self, "stubborn")
        first = stage.run("a", "--grace", "1s", extra=["ignore-term"])
        command = stage.wait_for("begin", "a")
        killed_at = boot_time()
        first.kill()
        wait_until(lambda: not alive(command.pid), SPAN + 1, what="the end of the command")
        last = stage.marks()[-1]
        self.assertLess(last.time - killed_at, SPAN)
        self.assertEqual(1, len(stage.marks("term", "a")))

    def leader_stopped(self):
        stage = Stage(self, "stopped")
        first = stage.run("a", extra=["ignore-term"])
        command = stage.wait_for("begin", "a")
        second = stage.run("b")
        stage.wait_until_seen(second)
        session = self.consul.holder(stage.key)
        stopped_at = boot_time()
        first.send_signal(signal.SIGSTOP)
        wait_until(lambda: not alive(command.pid), SPAN + 1, what="the end of the command")
        self.assertLess(stage.marks()[-1].time - stopped_at, SPAN)
        self.assertEqual(session, self.consul.holder(stage.key))
        stage.wait_for("begin", "b")
        first.send_signal(signal.SIGCONT)
        self.assertEqual(70, first.wait(5))
        self.assertIn("was lost", stage.zoo.errors(first))
        self.stays_leader(stage, second, "b")
        self.assertEqual(1, len(stage.marks("begin", "a")))
        stage.check_no_overlap()

    def respawning_leader_stopped(self):
        stage = Stage(self, "respawning")
        first = stage.run("a", "--respawn")
        stage.wait_for("begin", "a")
        second = stage.run("b")
        stage.wait_until_seen(second)
        first.send_signal(signal.SIGSTOP)
        stage.wait_for("begin", "b")
        first.send_signal(signal.SIGCONT)
        self.stays_leader(stage, second, "b")
        self.assertEqual(1, len(stage.marks("begin", "a")))
        second.terminate()  # it stands again, and may lead again once the other has left
        self.assertEqual(0, second.wait(5))
        wait_until(lambda: len(stage.marks("begin", "a")) == 2, SPAN + 2, what="its second term")
        stage.check_no_overlap()

    def stays_leader(self, stage, process, name):
        time.sleep(SPAN + 1)
        self.assertIsNone(process.poll())
        self.assertEqual([], stage.marks("term", name) + stage.marks("end", name))
        self.assertEqual(name, self.consul.get(stage.key)[0]["Value"])

    def guardian_killed(self):
        stage = Stage(self, "guardian")
        process = stage.run("a")
        command = stage.wait_for("begin", "a")
        with open(f"/proc/{command.pid}/status", encoding="ascii") as file:
            guardian = int(re.search(r"^PPid:\s+(\d+)", file.read(), re.M)[1])
        os.kill(guardian, signal.SIGKILL)
        self.assertEqual(137, process.wait(5))
        self.assertFalse(alive(command.pid))
        self.assertIsNone(self.consul.holder(stage.key))

    def command_of_a_killed_leader_detached(self):
        stage = Stage(self, "detached")
        script = f"setsid {MARK} {stage.zoo.path('marks')} far 0 ignore-term & exec sleep 1000"
        process = stage.run("a", command=["sh", "-c", script])
        far = stage.wait_for("begin", "far")
        killed_at = boot_time()
        process.kill()
        wait_until(lambda: not alive(far.pid), SPAN + 1, what="the end of the daemon")
        self.assertLess(stage.marks()[-1].time - killed_at, SPAN)
        self.assertEqual([], stage.zoo.marked())


class CleanReleaseTest(cases.ServerCase):
    ROUNDS = 15

    def test_the_next_one_leads_at_once(self):
        stage = Stage(self, "clean")
        releases, commands = [], []
        current = stage.run("0")
        stage.wait_for("begin", "0")
        for number in range(1, self.ROUNDS + 1):
            name = str(number)
            following = stage.run(name)
            stage.wait_until_seen(following)
            current.terminate()
            begin = stage.wait_for("begin", name, 5)
            self.assertEqual(0, current.wait(5))
            # mark writes its end just before it exits.
            commands.append(begin.time - stage.marks("end", str(number - 1))[0].time)
            wait_until(lambda: self.logged(stage, current, "released"))
            releases.append(self.logged(stage, following, "leading") -
                            self.logged(stage, current, "the term is over"))
            current = following
        current.terminate()
        current.wait(5)
        stage.check_no_overlap()
        print(f"\nclean release: from the end of a term to the next, {self.ROUNDS} times: median "
              f"{statistics.median(releases) * 1e3:.0f} ms, longest {max(releases) * 1e3:.0f} ms; "
              f"from command to command median {statistics.median(commands) * 1e3:.1f} ms, longest "
              f"{max(commands) * 1e3:.1f} ms")
        self.assertLess(statistics.median(releases), 0.020 * SLACK)
        self.assertLess(statistics.median(commands), 0.060 * SLACK)

    @staticmethod
    def logged(stage, process, what):
        """When a runner first logged that, by the wall clock."""
        for line in stage.zoo.errors(process).splitlines():
            found = LOG_LINE.match(line)
            if found and found[2] == what:
                return datetime.datetime.fromisoformat(found[1].replace("Z", "+00:00")).timestamp()
        return None


if __name__ == "__main__":
    cases.main(needs_consul=True)
