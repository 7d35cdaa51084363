#!/usr/bin/env python3
"""Zygotes and guardians that are killed or stopped: nothing of their commands may stay."""

import os
import signal
import time

from support import cases
from support.command_case import STUBBORN, CommandCase
from support.processes import SLACK, alive, boot_time, seconds_until, wait_until


class OrphansTest(CommandCase):
    def test_a_dead_zygote_is_replaced_and_its_commands_go_on(self):
        process = self.probe("--times", "2", "--", "sh", "-c",
                             "echo $$ >> pids; while [ ! -e go ]; do sleep 0.02; done")
        first = self.printed(process, "zygote")
        pid = int(wait_until(lambda: self.zoo.lines("pids"), what="pid")[0])
        guardian = self.printed(process, "guardian")
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not alive(first), what="the end of the zygote")
        time.sleep(0.1)
        self.assertEqual([True, True], [alive(pid), alive(guardian)])
        with open(self.zoo.path("go"), "w", encoding="utf-8"):
            pass
        self.assertEqual(0, process.wait(5))
        lines = self.zoo.output_lines(process)
        self.assertEqual(["exited with 0"] * 2, [x for x in lines if x.startswith("exited")])
        self.assertEqual(2, len(self.zoo.lines("pids")))
        zygotes = [int(x.split()[1]) for x in lines if x.startswith("zygote ")]
        self.assertNotEqual(first, zygotes[-1])
        self.assert_no_process_is_left()

    def test_without_zygote_and_guardian_everything_ends(self):
        process = self.probe("--", "sh", "-c", "setsid sh -c 'echo $$ > far; exec sleep 1000' & " +
                             STUBBORN)
        pid, far = self.pid(), self.pid("far")
        guardian = self.printed(process, "guardian")
        os.kill(self.printed(process, "zygote"), signal.SIGKILL)
        time.sleep(0.05)
        os.kill(guardian, signal.SIGKILL)
        self.assertLess(seconds_until(lambda: not alive(pid) and not alive(far)), 1 * SLACK)
        self.assertEqual(137, process.wait(5))
        self.assert_no_process_is_left()

    def test_what_a_dead_zygote_and_its_dead_guardian_leave_ends_before_the_command_is_gone(self):
        # The kernel closes the sockets of a process some time before it hands its children over.
        probes = [self.probe("--", "sh", "-c",
                             f"setsid sh -c 'echo $$ > far{i}; exec sleep 1000' & exec sleep 1000")
                  for i in range(12)]
        fars = [self.pid(f"far{i}") for i in range(len(probes))]
        pids = [(self.printed(p, "zygote"), self.printed(p, "guardian")) for p in probes]
        for zygote, guardian in pids:
            os.kill(zygote, signal.SIGKILL)
            time.sleep(0.03)
            os.kill(guardian, signal.SIGKILL)
        for process, far in zip(probes, fars):
            self.assertEqual((137, False), (process.wait(10), alive(far)))
        self.assert_no_process_is_left()

    def test_a_stopped_zygote_keeps_nothing_that_its_guardian_left(self):
        begin = boot_time()
        started = []
        for i, end in enumerate((signal.SIGKILL, signal.SIGSTOP)):
            process = self.probe("--stop-in", f"{1500 * SLACK:.0f}ms",
                                 "--kill-in", f"{1600 * SLACK:.0f}ms", "--", "sh", "-c",
                                 f"setsid sh -c 'echo $$ > far{i}; trap \"\" TERM; "
                                 "while :; do sleep 0.02; done' & exec sleep 1000")
            far = self.pid(f"far{i}")
            guardian = self.printed(process, "guardian")
            os.kill(self.printed(process, "zygote"), signal.SIGSTOP)
            os.kill(guardian, end)
            started.append((process, far))
        for process, far in started:
            wait_until(lambda pid=far: not alive(pid), what="its death")
            self.assertEqual(137, process.wait(5))
        self.assertLess(boot_time() - begin, 5 * SLACK)
        self.assert_no_process_is_left()

    def test_a_stopped_zygote_starts_nothing_after_the_lease(self):
        process = self.probe("--times", "2", "--stop-in", "600ms", "--kill-in", "700ms", "--", "sh",
                             "-c", "echo >> runs; sleep 0.2")
        wait_until(lambda: self.zoo.lines("runs"), what="the first run")
        os.kill(self.printed(process, "zygote"), signal.SIGSTOP)
        self.assertEqual(126, process.wait(5))
        self.assertEqual("could not be started: the process that starts commands ended",
                         self.zoo.output_lines(process)[-1])
        self.assertEqual(1, len(self.zoo.lines("runs")))
        self.assert_no_process_is_left()

    def test_a_stopped_zygote_starts_nothing_after_the_timeout_of_a_lease_that_grows(self):
        process = self.probe("--times", "2", "--timeout", "1500ms", "--grace", "100ms",
                             "--extend-by", "1s", "--", "sh", "-c", "echo >> runs; sleep 0.2")
        wait_until(lambda: self.zoo.lines("runs"), what="the first run")
        os.kill(self.printed(process, "zygote"), signal.SIGSTOP)
        self.assertEqual(126, process.wait(5 * SLACK))
        self.assertEqual(1, len(self.zoo.lines("runs")))
        self.assert_no_process_is_left()

    def test_a_killed_guardian_takes_everything_along(self):
        process = self.probe("--", "sh", "-c", "setsid sh -c 'echo $$ > far; exec sleep 1000' & "
                             "sleep 1000 & " + STUBBORN)
        pid, far = self.pid(), self.pid("far")
        os.kill(self.printed(process, "guardian"), signal.SIGKILL)
        self.assertLess(seconds_until(lambda: not alive(pid) and not alive(far)), 0.5 * SLACK)
        self.assertEqual(137, process.wait(5))
        self.assert_no_process_is_left()

    def test_killed_guardians_leave_no_daemon(self):
        # A daemon becomes a child of the zygote when its parent dies, while the zygote looks.
        probes = [self.probe("--", "sh", "-c",
                             f"setsid sh -c 'echo $$ > far{i}; exec sleep 1000' & "
                             "sleep 1000 & while :; do sleep 0.02; done") for i in range(24)]
        fars = [self.pid(f"far{i}") for i in range(len(probes))]
        for process in probes:
            os.kill(self.printed(process, "guardian"), signal.SIGKILL)
        for process, far in zip(probes, fars):
            self.assertEqual((137, False), (process.wait(10), alive(far)))
        self.assert_no_process_is_left()

    def test_a_stopped_guardian_is_replaced_by_the_runner(self):
        begin = boot_time()
        process = self.probe("--stop-in", "300ms", "--kill-in", "500ms", "--", "sh", "-c", STUBBORN)
        pid = self.pid()
        os.kill(self.printed(process, "guardian"), signal.SIGSTOP)
        wait_until(lambda: not alive(pid), what="its death")
        self.assertLess(boot_time() - begin, 1.2 * SLACK)
        self.assertEqual(137, process.wait(5))

    def test_a_stopped_guardian_does_not_keep_what_it_is_told_to_end(self):
        process = self.probe("--grace", "300ms", "--extend-by", "1s", "--", "sh", "-c", STUBBORN)
        pid = self.pid()
        os.kill(self.printed(process, "guardian"), signal.SIGSTOP)
        process.send_signal(signal.SIGTERM)
        self.assertLess(seconds_until(lambda: not alive(pid)), 8 * SLACK)
        self.assertEqual(137, process.wait(5))
        self.assert_no_process_is_left()


if __name__ == "__main__":
    cases.main()
