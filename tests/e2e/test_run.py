#!/usr/bin/env python3
"""tenure run, leader, watch and depose against a server."""

import json
import os
import signal
import socket
import subprocess
import time

from support import cases, marks
from support.processes import MARK, SLACK, TENURE, alive, boot_time, wait_until


class RunTest(cases.ServerCase):
    def tenure_run(self, *command, options=(), **more):
        return self.start(TENURE, "run", *options, self.key, "--", *command, cwd=self.folder,
                          **more)

    def run_once(self, *command, options=(), **more):
        return self.run_to_end(TENURE, "run", *options, self.key, "--", *command, cwd=self.folder,
                               **more)

    def tenure(self, *arguments):
        return self.run_to_end(TENURE, *arguments)

    def marks(self, event=None, name=None):
        all_marks = marks.read(self.zoo.path("marks"))
        return marks.of(all_marks, event, name) if event else all_marks

    def mark(self, name="a", hold_ms=0, *more):
        return [MARK, self.zoo.path("marks"), name, hold_ms, *more]

    def wait_for(self, event, name=None, seconds=10):
        return wait_until(lambda: self.marks(event, name), seconds, what=f"{event} of {name}")[0]

    def lock_by_http(self, value="another", **settings):
        """Another client acquires the lock, by HTTP."""
        session = self.consul.create_session(TTL="60s", LockDelay="0s", **settings)
        taken = self.consul.put(self.key, value, acquire=session, flags=0x2ddccbc058a50c18)
        self.assertTrue(taken)
        return session

    def test_the_command_s_exit_code_is_returned(self):
        self.assertEqual((0, "hello\n", ""), self.run_once("echo", "hello"))
        self.assertEqual((9, "", ""), self.run_once("sh", "-c", "exit 9"))
        self.assertEqual((137, "", ""), self.run_once("sh", "-c", "kill -9 $$"))
        self.assertEqual((143, "", ""), self.run_once("sh", "-c", "kill -TERM $$"))
        entry, _ = self.consul.get(self.key)
        self.assertEqual(("", None), (entry["Value"], entry.get("Session")))

    def test_the_environment_of_the_command(self):
        code, output, _ = self.run_once("env", options=["--value", "me:1"],
                                        env={"TENURE_KEY": "old", "MINE": "kept"})
        self.assertEqual(0, code)
        got = dict(line.split("=", 1) for line in output.splitlines())
        entry, _ = self.consul.get(self.key)
        self.assertEqual((self.key, "true", "kept"),
                         (got["TENURE_KEY"], got["CONSUL_LOCK_HELD"], got["MINE"]))
        self.assertLess(int(got["TENURE_FENCE"]), entry["ModifyIndex"])
        self.assertEqual(36, len(got["TENURE_SESSION"]))
        self.assertEqual(0x2ddccbc058a50c18, entry["Flags"])

    def test_fences_grow(self):
        fences = []
        for _ in range(3):
            fences.append(int(self.run_once("sh", "-c", "echo $TENURE_FENCE")[1]))
        self.assertEqual(sorted(set(fences)), fences)

    def test_a_holder_that_publishes_nothing_is_not_taken_for_none(self):
        watch = self.start(TENURE, "watch", self.key)
        wait_until(lambda: self.zoo.output(watch) == "\n")
        self.assertTrue(self.consul.put(self.key, "", acquire=self.consul.create_session()))
        wait_until(lambda: self.zoo.output(watch) == "\n(no value)\n")
        watch.send_signal(signal.SIGINT)
        self.assertEqual(0, watch.wait(5))

    def test_leader_and_watch_print_the_published_value(self):
        self.assertEqual((1, "", ""), self.tenure("leader", self.key))
        self.assertEqual((1, "", ""), self.tenure("leader", "--json", self.key))
        watch = self.start(TENURE, "watch", self.key)
        watch_json = self.start(TENURE, "watch", "--json", self.key)
        wait_until(lambda: self.zoo.output(watch) and self.zoo.output(watch_json))

        first = self.tenure_run(*self.mark(), options=["--value", "host-a:1\n\"x\""])
        begin = self.wait_for("begin")
        self.assertEqual((0, "host-a:1\n\"x\"\n", ""), self.tenure("leader", self.key))
        code, output, _ = self.tenure("leader", "--json", self.key)
        entry, _ = self.consul.get(self.key)
        self.assertEqual(0, code)
        self.assertEqual({"key": self.key, "value": "host-a:1\n\"x\"", "session": entry["Session"],
                          "fence": int(begin.fence)}, json.loads(output))
        first.terminate()
        self.assertEqual(0, first.wait(5))  # mark ends with 0 on SIGTERM
        self.assertEqual(0, self.run_once("true", options=["--value", "host-b"])[0])

        expected = ["", "host-a:1\\n\"x\"", "", "host-b", ""]
        # A watch may skip states that another replaced, never the last one.
        wait_until(lambda: len(self.zoo.output_lines(watch)) >= 3 and
                   self.zoo.output(watch).endswith("\n\n"))
        lines = self.zoo.output_lines(watch)
        self.assertEqual(expected[:3], lines[:3])
        self.assertEqual("", lines[-1])
        for process in (watch, watch_json):
            process.send_signal(signal.SIGINT)
            self.assertEqual(0, process.wait(5))
        objects = [json.loads(line) for line in self.zoo.output_lines(watch_json)]
        self.assertEqual({"key": self.key, "value": None, "session": None, "fence": 0}, objects[0])
        self.assertEqual("host-a:1\n\"x\"", objects[1]["value"])

    def test_depose(self):
        self.assertEqual((1, "", f"tenure depose: {self.key} has no leader\n"),
                         self.tenure("depose", self.key))
        # A watch pauses after it has read a missing key, and could see the successor's claim first.
        self.assertEqual(0, self.tenure("run", "--span", "1500ms", self.key, "--", "true")[0])
        process = self.tenure_run(*self.mark(), options=["--value", "me", "--span", "1500ms"])
        self.wait_for("begin")
        second = self.tenure_run(*self.mark("b"), options=["--span", "1500ms"])
        wait_until(lambda: self.tenure("leader", self.key)[0] == 0)
        deposed_at = boot_time()
        code, output, _ = self.tenure("depose", self.key)
        self.assertEqual(0, code)
        self.assertRegex(output, r"^deposed me \(session [-0-9a-f]{36}\)\n$")
        self.assertEqual(70, process.wait(5))
        self.assertIn(f"leadership of {self.key} was lost (key_released)", self.zoo.errors(process))
        ended = self.wait_for("end", "a")
        self.assertLess(ended.time - deposed_at, 0.3 * SLACK)
        # The value stayed, so the successor waits until the lease would have ended.
        begin = self.wait_for("begin", "b")
        self.assertGreater(begin.time - deposed_at, 1.5)
        self.assertLess(begin.time - deposed_at, 2.5)
        second.terminate()
        second.wait(5)

    def test_not_elected_in_time(self):
        self.lock_by_http()

        def in_time():
            begin = boot_time()
            code, _, errors = self.run_once("true", options=["--try=1s"])
            self.assertEqual(75, code)
            self.assertEqual(
                f"tenure run: not elected in time: {self.key} is led by another\n", errors)
            self.assertAlmostEqual(boot_time() - begin, 1.0, delta=0.5 * SLACK)

        def stopped():
            process = self.tenure_run("true", options=["--log-level", "info"])
            wait_until(lambda: "session created" in self.zoo.errors(process))
            process.terminate()
            self.assertEqual(143, process.wait(5))

        self.all_at_once(in_time, stopped)

    def test_a_free_key_is_acquired_in_time(self):
        self.assertEqual(0, self.run_once("true", options=["--try"])[0])

    def test_consul_out_of_reach(self):
        with socket.socket() as silent_server:  # accepts connections, never answers
            silent_server.bind(("127.0.0.1", 0))
            silent_server.listen()
            silent_address = "127.0.0.1:%d" % silent_server.getsockname()[1]

            def refused():
                begin = boot_time()
                code, _, errors = self.run_once("true", options=["--http-addr", "127.0.0.1:1"])
                self.assertEqual(69, code)
                self.assertIn("(127.0.0.1:1)", errors)
                self.assertAlmostEqual(boot_time() - begin, 10, delta=2)

            def refused_in_time():
                code, _, errors = self.run_once(
                    "true", options=["--http-addr", "127.0.0.1:1", "--try=1s"])
                self.assertEqual(69, code)
                self.assertIn("(127.0.0.1:1)", errors)

            def silence():
                begin = boot_time()
                code, _, _ = self.run_once("true", options=["--http-addr", silent_address])
                self.assertEqual(69, code)
                self.assertLess(boot_time() - begin, 25)

            def one_request():
                for verb in ("leader", "depose"):
                    code, output, errors = self.tenure(verb, "--http-addr", "127.0.0.1:1", self.key)
                    self.assertEqual((69, ""), (code, output))
                    self.assertEqual(1, len(errors.splitlines()))

            def watch():
                code, output, _ = self.tenure("watch", "--http-addr", "127.0.0.1:1", self.key)
                self.assertEqual((69, ""), (code, output))

            self.all_at_once(refused, refused_in_time, silence, one_request, watch)

    def test_signals(self):
        script = ("trap 'echo usr1' USR1; trap 'echo hup' HUP; trap 'echo int; exit 21' INT; "
                  "trap 'echo term; exit 22' TERM; echo ready; while :; do sleep 0.02; done")
        for number, code, word in ((signal.SIGTERM, 22, "term"), (signal.SIGINT, 21, "int")):
            process = self.tenure_run("sh", "-c", script)
            wait_until(lambda: "ready" in self.zoo.output(process))
            process.send_signal(signal.SIGUSR1)
            wait_until(lambda: "usr1" in self.zoo.output(process))
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: "hup" in self.zoo.output(process))
            process.send_signal(number)
            self.assertEqual(code, process.wait(5))
            self.assertTrue(self.zoo.output(process).endswith(word + "\n"))
            self.assertIsNone(self.consul.holder(self.key))

    def test_the_second_signal_kills(self):
        process = self.tenure_run(*self.mark("a", 0, "ignore-term"))
        pid = self.wait_for("begin").pid
        process.terminate()
        self.wait_for("term")
        self.assertIsNone(process.poll())
        process.terminate()
        self.assertEqual(137, process.wait(5))
        self.assertFalse(alive(pid))
        self.assertIsNone(self.consul.holder(self.key))

    def test_the_lock_is_released_after_the_last_process_ended(self):
        script = ("trap '' TERM; trap 'exit 0' USR1; "
                  "(trap '' TERM USR1; echo > pid; sleep 0.8; echo gone > child) & "
                  "while :; do sleep 0.02; done")
        process = self.tenure_run("sh", "-c", script)
        wait_until(lambda: self.zoo.lines("pid"))
        process.send_signal(signal.SIGUSR1)
        _, released = self.consul.wait_for(self.key, lambda e: e and not e.get("Session"))
        self.assertEqual(0, process.wait(5))
        written = os.stat(self.zoo.path("child")).st_mtime
        self.assertEqual(["gone"], self.zoo.lines("child"))
        offset = time.time() - boot_time()
        self.assertGreater(released + offset, written - 0.02)

    def test_leadership_lost(self):
        for loss, reason in (
                (lambda: self.consul.destroy_session(self.consul.holder(self.key)), "session_lost"),
                (lambda: self.consul.delete(self.key), "key_missing"),
                (lambda: self.consul.put(self.key, "mine"), "overwritten")):
            count = len(self.marks("begin"))
            process = self.tenure_run(*self.mark(reason), options=["--span", "1s"])
            self.wait_for("begin", reason)
            lost_at = boot_time()
            loss()
            self.assertEqual(70, process.wait(5))
            self.assertIn(f"was lost ({reason})", self.zoo.errors(process))
            term = self.wait_for("term", reason)
            self.assertLess(term.time - lost_at, 0.1 * SLACK)
            self.assertEqual(count + 1, len(self.marks("begin")))
            self.consul.delete(self.key)

    def test_respawn(self):
        process = self.tenure_run(*self.mark("a", 30), options=["--respawn", "--span", "1s"])
        wait_until(lambda: len(self.marks("end")) >= 2, what="a second run")
        begins = self.marks("begin")
        self.assertGreater(begins[1].time - begins[0].time, 1.0)
        self.assertGreater(int(begins[1].fence), int(begins[0].fence))
        process.terminate()
        self.assertIn(process.wait(5), (0, 143))  # during a run, or during a pause

    def test_respawn_after_a_loss(self):
        process = self.tenure_run(*self.mark(), options=["--respawn", "--span", "1s"])
        first = self.wait_for("begin")
        self.consul.destroy_session(self.consul.holder(self.key))
        wait_until(lambda: len(self.marks("begin")) == 2, what="a second run")
        self.assertGreater(int(self.marks("begin")[1].fence), int(first.fence))
        process.terminate()
        self.assertEqual(0, process.wait(5))

    def test_early_losses_in_a_row_make_respawn_wait_longer(self):
        process = self.tenure_run(*self.mark(), options=["--respawn", "--span", "1s"])
        for count in range(1, 4):
            wait_until(lambda c=count: len(self.marks("begin")) == c, what=f"run {count}")
            self.consul.destroy_session(self.consul.holder(self.key))
        wait_until(lambda: len(self.marks("begin")) == 4, what="another run")
        begins = self.marks("begin")
        self.assertGreater(begins[3].time - begins[2].time, 2.0)
        process.terminate()
        self.assertEqual(0, process.wait(5))

    def test_a_signal_in_the_pause_after_losses(self):
        process = self.tenure_run(*self.mark(), options=["--respawn", "--span", "1s"])
        for count in range(1, 4):
            wait_until(lambda c=count: len(self.marks("begin")) == c, what=f"run {count}")
            self.consul.destroy_session(self.consul.holder(self.key))
            wait_until(lambda c=count: self.zoo.errors(process).count("was lost") == c,
                       what=f"loss {count}")
        process.terminate()
        self.assertEqual(143, process.wait(5))

    def test_the_lease_of_the_last_leader_is_the_reason(self):
        session = self.lock_by_http()
        self.consul.destroy_session(session)  # the value stays: not a clean release
        code, _, errors = self.run_once("true", options=["--try=1s", "--span", "10s"])
        self.assertEqual(75, code)
        self.assertEqual("tenure run: not elected in time: the lease of the last leader of "
                         f"{self.key} has not ended yet\n", errors)

    def test_closed_standard_streams_are_no_descriptors_of_tenure(self):
        found = self.zoo.path("found")
        argv = [TENURE, "run", self.key, "--", "sh", "-c",
                "cat; echo lost; echo lost >&2; cd /proc/$$/fd; all=$(readlink 0 1 2); "
                f"echo $all > {found}"]
        closed = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *argv], check=False,
                                env={**os.environ, **self.environment}, timeout=30 * SLACK)
        self.assertEqual(0, closed.returncode)
        self.assertEqual(["/dev/null /dev/null /dev/null"], self.zoo.lines("found"))

    def test_ignored_signals_stay_ignored(self):
        script = "echo ready; while :; do sleep 0.02; done"
        process = self.start("nohup", TENURE, "run", self.key, "--", "sh", "-c", script)
        wait_until(lambda: "ready" in self.zoo.output(process))
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        self.assertIsNone(process.poll())
        process.terminate()
        self.assertEqual(143, process.wait(5))

    def test_a_missing_program_is_reported_before_the_campaign(self):
        self.lock_by_http()
        self.assertEqual((127, "", "tenure run: nosuch could not be started: no such program\n"),
                         self.run_once("nosuch"))
        self.assertEqual(126, self.run_once("/etc/passwd")[0])

    def test_a_short_outage_of_the_server_has_no_effect(self):
        process = self.tenure_run(*self.mark(), options=["--span", "10s"])
        self.wait_for("begin")
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            wait_until(lambda: boot_time() - self.marks("begin")[0].time > 4)
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        wait_until(lambda: boot_time() - self.marks("begin")[0].time > 11, 20)
        self.assertEqual([], self.marks("term"))
        process.terminate()
        self.assertEqual(0, process.wait(5))


if __name__ == "__main__":
    cases.main(needs_consul=True)
