#!/usr/bin/env python3
"""A guardian and its command, with the deadlines of a test instead of an election."""

import os
import signal
import subprocess

from support import cases
from support.processes import COMMAND_PROBE, SLACK, alive, boot_time, seconds_until, wait_until

# Writes its process id, survives SIGTERM, and writes a line every 20 ms.
STUBBORN = ('echo $$ > pid; trap "echo term >> signals" TERM; '
            'while :; do echo >> beat; sleep 0.02; done')


class GuardianTest(cases.Case):
    def probe(self, *argv, **more):
        return self.start(COMMAND_PROBE, *argv, cwd=self.folder, **more)

    def pid(self, name="pid"):
        return int(wait_until(lambda: self.zoo.lines(name), what=name)[0])

    def printed(self, process, word):
        def find():
            for line in self.zoo.output_lines(process):
                if line.startswith(word + " "):
                    return int(line.split()[1])
            return None
        return wait_until(find, what=word)

    def assert_no_process_is_left(self, seconds=2.0):
        wait_until(lambda: not self.zoo.marked(), seconds, what="the end of every process")

    def assert_code(self, command, code, says):
        got, output, _ = self.run_to_end(COMMAND_PROBE, "--", *command, cwd=self.folder)
        self.assertEqual((code, says), (got, output.splitlines()[-1]))

    def test_exit_codes(self):
        self.assert_code(["sh", "-c", "exit 0"], 0, "exited with 0")
        self.assert_code(["sh", "-c", "exit 9"], 9, "exited with 9")
        self.assert_code(["sh", "-c", "kill -9 $$"], 137, "was ended by SIGKILL")
        self.assert_code(["sh", "-c", "kill -TERM $$"], 143, "was ended by SIGTERM")
        self.assert_code(["no-such-program"], 127, "could not be started: no such program")
        self.assert_code(["./no/such"], 127, "could not be started: no such program")
        self.assert_code(["/etc/passwd"], 126, "could not be started: not an executable file")
        self.assert_code(["/etc"], 126, "could not be started: not an executable file")

    def test_scripts(self):
        for name, text in (("plain", "exit 5\n"), ("broken", "#!/no/such\n")):
            with open(self.zoo.path(name), "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(self.zoo.path(name), 0o755)
        self.assert_code(["./plain"], 5, "exited with 5")
        self.assert_code(["./broken"], 126, "could not be started: not a program, or a script"
                         " whose interpreter is missing")

    def test_the_command_gets_three_descriptors_and_the_input(self):
        read, write = os.pipe()
        os.set_inheritable(write, True)
        # The check itself must not open a descriptor.
        script = ("for n in $(seq 0 60); do [ -e /proc/$$/fd/$n ] && echo $n >> fds; done; "
                  "cat > copy")
        process = self.probe("--", "sh", "-c", script, stdin=subprocess.PIPE, pass_fds=(write,))
        process.stdin.write(b"from the input\n")
        process.stdin.close()
        self.assertEqual(0, process.wait(10))
        os.close(read)
        os.close(write)
        self.assertLess(write, 60)
        self.assertEqual(["0", "1", "2"], self.zoo.lines("fds"))
        self.assertEqual(["from the input"], self.zoo.lines("copy"))

    def test_sigterm_at_stop_at_and_sigkill_at_kill_at(self):
        begin = boot_time()
        process = self.probe("--stop-in", "400ms", "--kill-in", "700ms", "--", "sh", "-c", STUBBORN)
        pid = self.pid()
        wait_until(lambda: self.zoo.lines("signals"), what="SIGTERM")
        self.assertAlmostEqual(boot_time() - begin, 0.4, delta=0.15 * SLACK)
        wait_until(lambda: not alive(pid), what="its death")
        self.assertAlmostEqual(boot_time() - begin, 0.7, delta=0.15 * SLACK)
        self.assertEqual(137, process.wait(5))

    def test_sigkill_after_the_grace_even_before_kill_at(self):
        begin = boot_time()
        process = self.probe("--stop-in", "200ms", "--grace", "200ms", "--", "sh", "-c", STUBBORN)
        self.assertEqual(137, process.wait(5))
        self.assertAlmostEqual(boot_time() - begin, 0.4, delta=0.15 * SLACK)

    def test_a_growing_lease_keeps_the_command_running(self):
        begin = boot_time()
        process = self.probe("--stop-in", "200ms", "--kill-in", "300ms", "--extend-by", "50ms",
                             "--", "sleep", "0.9")
        self.assertEqual(0, process.wait(5))
        self.assertGreater(boot_time() - begin, 0.85)

    def test_a_lease_that_grows_after_the_stop_changes_nothing(self):
        process = self.probe("--grace", "300ms", "--extend-by", "1s", "--", "sh", "-c", STUBBORN)
        self.pid()
        process.send_signal(signal.SIGTERM)
        self.assertLess(seconds_until(lambda: process.poll() is not None), 0.8 * SLACK)
        self.assertEqual(137, process.returncode)

    def test_no_command_starts_after_the_end_of_the_lease(self):
        code, output, _ = self.run_to_end(COMMAND_PROBE, "--stop-in", "0", "--", "touch", "made",
                                          cwd=self.folder)
        self.assertEqual(126, code)
        self.assertIn("the lease was over", output)
        self.assertFalse(os.path.exists(self.zoo.path("made")))

    def test_the_command_ends_when_its_runner_is_killed(self):
        process = self.probe("--grace", "300ms", "--", "sh", "-c", STUBBORN)
        pid = self.pid()
        process.kill()
        wait_until(lambda: self.zoo.lines("signals"), what="SIGTERM")
        self.assertLess(seconds_until(lambda: not alive(pid)), 0.6 * SLACK)
        self.assert_no_process_is_left()

    def test_the_grace_after_a_killed_runner_is_bounded_by_the_lease(self):
        begin = boot_time()
        process = self.probe("--stop-in", "500ms", "--kill-in", "600ms", "--grace", "1h",
                             "--", "sh", "-c", STUBBORN)
        pid = self.pid()
        process.kill()
        wait_until(lambda: not alive(pid), what="its death")
        self.assertAlmostEqual(boot_time() - begin, 0.6, delta=0.15 * SLACK)

    def test_a_stopped_runner_does_not_keep_its_command(self):
        begin = boot_time()
        process = self.probe("--stop-in", "500ms", "--kill-in", "700ms", "--", "sh", "-c", STUBBORN)
        pid = self.pid()
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: not alive(pid), what="its death")
        self.assertAlmostEqual(boot_time() - begin, 0.7, delta=0.15 * SLACK)
        process.send_signal(signal.SIGCONT)
        self.assertEqual(137, process.wait(5))

    def test_a_killed_guardian_takes_everything_along(self):
        process = self.probe("--", "sh", "-c", "setsid sh -c 'echo $$ > far; exec sleep 1000' & "
                             "sleep 1000 & " + STUBBORN)
        pid, far = self.pid(), self.pid("far")
        os.kill(self.printed(process, "guardian"), signal.SIGKILL)
        self.assertLess(seconds_until(lambda: not alive(pid) and not alive(far)), 0.5 * SLACK)
        self.assertEqual(137, process.wait(5))
        self.assert_no_process_is_left()

    def test_a_stopped_guardian_is_replaced_by_the_runner(self):
        begin = boot_time()
        process = self.probe("--stop-in", "300ms", "--kill-in", "500ms", "--", "sh", "-c", STUBBORN)
        pid = self.pid()
        os.kill(self.printed(process, "guardian"), signal.SIGSTOP)
        wait_until(lambda: not alive(pid), what="its death")
        self.assertLess(boot_time() - begin, 1.2 * SLACK)
        self.assertEqual(137, process.wait(5))

    def test_daemons_and_suspended_processes_are_ended(self):
        script = ("setsid sh -c 'echo $$ > one; trap \"\" TERM HUP; sleep 1000' & "
                  "(setsid setsid sh -c 'echo $$ > two; sleep 1000 & sleep 1000' &) ; "
                  "sh -c 'echo $$ > three; kill -STOP $$; sleep 1000' & "
                  "echo $$ > pid; sleep 1000")
        process = self.probe("--stop-in", "500ms", "--kill-in", "800ms", "--", "sh", "-c", script)
        pids = [self.pid(name) for name in ("pid", "one", "two", "three")]
        self.assertEqual([True] * 4, [alive(p) for p in pids])
        process.wait(5)
        self.assertEqual([False] * 4, [alive(p) for p in pids])
        self.assert_no_process_is_left()

    def test_processes_that_the_command_leaves_behind_are_ended(self):
        process = self.probe("--grace", "300ms", "--", "sh", "-c",
                             "(trap '' TERM; echo $$ > pid; sleep 1000) & sleep 0.1; exit 3")
        self.assertEqual(3, process.wait(5))
        self.assert_no_process_is_left(seconds=0.2 * SLACK)

    def test_signals_reach_the_whole_group(self):
        script = ("sh -c 'trap \"echo child >> signals; exit\" USR1; "
                  "echo $$ > child; while :; do sleep 0.02; done' & "
                  "trap 'echo parent >> signals; wait; exit 4' USR1; echo $$ > pid; wait; wait")
        process = self.probe("--", "sh", "-c", script)
        self.pid()
        self.pid("child")
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(4, process.wait(5))
        self.assertEqual(["child", "parent"], sorted(self.zoo.lines("signals")))


if __name__ == "__main__":
    cases.main()
