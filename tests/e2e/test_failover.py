#!/usr/bin/env python3
"""The leader is killed or suspended: when the successor starts, and that by then no process of the
old leader is left. The tests watch the command, not its runner."""

import os
import re
import signal
import time

from support import cases
from support.processes import MARK, SLACK, alive, boot_time, wait_until
from support.stage import SPAN, TTL, Stage

# The delay from the end of a session to the answer of a blocking query.
QUERY_DELAY = 0.05


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
        print(f"\nkill -9: session ended after {ended - killed_at:.1f} s, the successor started "
              f"{begin.time - ended:.3f} s later (span {SPAN} s)")
        self.assertGreater(begin.time - ended, SPAN - QUERY_DELAY)
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
        second.terminate()  # the first one campaigns again, and may lead after the other has left
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
        # The guardian ends last.
        wait_until(lambda: not stage.zoo.marked(), 2, what="the end of every process")


if __name__ == "__main__":
    cases.main(needs_consul=True)
