#!/usr/bin/env python3
"""A guardian and its command, with the deadlines of a test instead of an election."""

import grp
import os
import pwd
import resource
import signal
import subprocess
import time
import unittest

from support import cases
from support.command_case import STUBBORN, CommandCase
from support.processes import COMMAND_PROBE, SLACK, alive, boot_time, seconds_until, wait_until

def lower_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))


class GuardianTest(CommandCase):
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

    def test_what_an_invocation_asks_for_and_cannot_get(self):
        for options, says in (
                (["--user", "nobody2"], "user 'nobody2' does not exist"),
                (["--group", "nogroup2"], "group 'nogroup2' does not exist"),
                (["--user", "4242424"], "user '4242424' has no entry: name a group, too"),
                (["--directory", "/no/such"], "directory '/no/such' does not exist"),
                (["--directory", "/etc/passwd"], "directory '/etc/passwd' is not a folder")):
            code, output, _ = self.run_to_end(COMMAND_PROBE, *options, "--", "true")
            self.assertEqual((126, "could not be started: " + says),
                             (code, output.splitlines()[-1]))

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_without_rights_nothing_starts(self):
        # setpriv would change the user only; the probe gets no rights from its own user.
        os.chmod(self.folder, 0o755)
        for options, says in ((["--user", "daemon"], "user 'daemon': not permitted"),
                              (["--nice", "-5"], "nice -5: not permitted"),
                              (["--group", "0"], "group '0': not permitted")):
            code, output, _ = self.run_to_end("setpriv", "--reuid", "65534", "--regid", "65534",
                                              "--clear-groups", COMMAND_PROBE, *options, "--",
                                              "true")
            self.assertEqual((126, "could not be started: " + says),
                             (code, output.splitlines()[-1]))

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_user_group_umask_nice_and_folder(self):
        script = ("id -un; id -gn; id -Gn; umask; nice; pwd; echo $HOME $USER $LOGNAME; ulimit -n; "
                  "grep -E '^Sig(Blk|Ign)' /proc/self/status")
        user = pwd.getpwnam("games")
        code, output, _ = self.run_to_end(
            COMMAND_PROBE, "--user", "games", "--umask", "027", "--nice", "7", "--directory", "/",
            "--", "sh", "-c", script, env={"HOME": "/root", "USER": "root", "LOGNAME": "me"},
            preexec_fn=lower_descriptor_limit)
        group = grp.getgrgid(user.pw_gid).gr_name
        groups = " ".join(grp.getgrgid(g).gr_name for g in os.getgrouplist("games", user.pw_gid))
        self.assertEqual(0, code)
        own = [line for line in output.splitlines()
               if line.split()[0] not in ("zygote", "guardian", "started", "exited")]
        self.assertEqual(["games", group, groups, "0027", "7", "/",
                          f"{user.pw_dir} games games", "300",
                          "SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"],
                         own)
        _, output, _ = self.run_to_end(COMMAND_PROBE, "--group", "games", "--", "id", "-gn")
        self.assertIn("games", output.splitlines())

    def test_why_a_command_was_stopped(self):
        def last(*options, signal_it=None):
            process = self.probe(*options, "--", "sh", "-c", "echo >> up; exec sleep 1000")
            wait_until(lambda: self.zoo.lines("up"), what="the command")
            os.unlink(self.zoo.path("up"))
            if signal_it:
                process.send_signal(signal_it)
            process.wait(10)
            return self.zoo.output_lines(process)[-2:]
        self.assertEqual(["stopped timeout", "was ended by SIGTERM"], last("--timeout", "700ms"))
        self.assertEqual(["stopped lease", "was ended by SIGTERM"], last("--stop-in", "700ms"))
        self.assertEqual(["stopped lease", "was ended by SIGKILL"],
                         last("--kill-in", "700ms", "--stop-in", "1h"))
        self.assertEqual(["stopped stop", "was ended by SIGTERM"],
                         last("--timeout", "1h", signal_it=signal.SIGTERM))
        self.assertEqual(["stopped kill", "was ended by SIGKILL"], last(signal_it=signal.SIGINT))

    def test_what_a_kill_scope_leaves(self):
        # One child in the group of the command, and a daemon that left it.
        script = ("sh -c 'echo $$ > {0}-child; exec sleep 1000' & "
                  "setsid sh -c 'echo $$ > {0}-daemon; exec sleep 1000' & "
                  "while [ ! -s {0}-child ] || [ ! -s {0}-daemon ]; do sleep 0.01; done; {1}")

        def run(scope, end, *options):
            name = f"{scope}{len(options)}"
            process = self.probe("--kill", scope, *options, "--", "sh", "-c",
                                 script.format(name, end))
            pids = [self.pid(f"{name}-{kind}") for kind in ("child", "daemon")]
            process.wait(10)
            return [alive(pid) for pid in pids], pids, self.zoo.output_lines(process)[-2:]

        kept, pids, lines = run("process", "exit 0")
        self.assertEqual(([True, True], ["left 2", "exited with 0"]), (kept, lines))
        kept, more, lines = run("group", "exit 0")
        self.assertEqual(([False, True], ["left 2", "exited with 0"]), (kept, lines))
        kept, _, lines = run("tree", "exit 0")
        self.assertEqual(([False, False], ["left 2", "exited with 0"]), (kept, lines))
        # A command that was stopped leaves nothing, whatever its scope.
        for scope in ("process", "group", "tree"):
            kept, _, lines = run(scope, "exec sleep 1000", "--timeout", "1s")
            self.assertEqual(([False, False], ["stopped timeout", "was ended by SIGTERM"]),
                             (kept, lines))
        for pid in [pids[0], pids[1], more[1]]:
            os.kill(pid, signal.SIGKILL)
        self.assert_no_process_is_left()

    def test_an_id_that_the_kernel_takes_for_no_change_is_refused(self):
        for options, says in (
                (["--user", "4294967295", "--group", "0"], "user '4294967295' does not exist"),
                (["--group", "4294967295"], "group '4294967295' does not exist")):
            code, output, _ = self.run_to_end(COMMAND_PROBE, *options, "--", "true")
            self.assertEqual((126, "could not be started: " + says),
                             (code, output.splitlines()[-1]))

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_a_command_that_could_not_be_stopped_does_not_start(self):
        code, output, _ = self.run_to_end("setpriv", "--bounding-set", "-kill", "--inh-caps",
                                          "-kill", COMMAND_PROBE, "--user", "daemon", "--", "true")
        self.assertEqual(
            (126, "could not be started: user 'daemon': needs CAP_KILL to be stopped"),
            (code, output.splitlines()[-1]))

    def test_long_environments_and_arguments(self):
        variables = {f"LONG_{i}": "x" * 100_000 for i in range(5)}
        code, output, _ = self.run_to_end(COMMAND_PROBE, "--", "sh", "-c",
                                          "echo ${#LONG_4} ${#1}", "sh", "y" * 120_000,
                                          env=variables)
        self.assertEqual(0, code)
        self.assertIn("100000 120000", output.splitlines())
        code, output, _ = self.run_to_end(COMMAND_PROBE, "--", "true", "z" * 130_000, env=variables)
        self.assertEqual(0, code)

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
