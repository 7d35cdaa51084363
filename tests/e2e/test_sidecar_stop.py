#!/usr/bin/env python3
"""The way out of a sidecar: promises, the last hooks, and the deadline."""

import json
import os
import signal
import time
import urllib.error
import urllib.request

from support import cases
from support.processes import SLACK, TENURE, boot_time, wait_until
from support.sidecars import Sidecars, write_script

IS_LEADER = os.path.join(os.path.dirname(TENURE), "is-leader")
SPAN = 6.0
GUARANTEE = 3.0


class StopTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        budget = "3s" if "command" in self.id() else "1s"
        self.stage = Sidecars(self, self.id().rpartition(".")[2], span=SPAN, stop_budget=budget,
                              guarantee=f"{GUARANTEE:.0f}s")
        self.socket = self.stage.path("socket")

    def start(self, hooks=None, timeout="20s", env=None, group=None, **top):
        """A sidecar with a control socket, and with hooks of these bodies."""
        outputs = {"group": group} if group else {}
        if hooks:
            folder = self.stage.path("hooks")
            os.mkdir(folder)
            for name, body in hooks.items():
                write_script(os.path.join(folder, name), body)
            outputs["hooks"] = {"dir": folder, "timeout": timeout}
        unit = self.stage.start("a", env=env, top={"control": {"socket": self.socket}, **top},
                                **outputs)
        self.stage.wait_for_leader("a")
        return unit

    def is_leader(self, *options):
        _, output, _ = self.stage.zoo.run(IS_LEADER, *options, env={"TENURE_SOCKET": self.socket})
        return output.strip()

    def note(self, word):
        return f'echo "{word} $TENURE_HOOK $(is-leader --guarantee 1s)" >> ' + \
            self.stage.path("diary") + "\n"

    def test_a_client_that_polls_is_leader_does_not_delay_the_end(self):
        unit = self.start(hooks={"leader-deposed": self.note("begin"),
                                 "leader-settings-changed": self.note("begin"),
                                 "leader-elected": self.note("begin")})
        wait_until(lambda: self.stage.zoo.lines("diary"), what="leader-elected")
        self.assertEqual("True", self.is_leader())
        promised = boot_time()
        unit.terminate()
        stopped = boot_time()
        seen = []
        while unit.poll() is None:
            seen.append((boot_time(), self.is_leader()))
            if boot_time() > stopped + 60:
                self.fail("SIGTERM does not end the sidecar")
        took = boot_time() - stopped
        self.assertEqual(0, unit.returncode)
        self.assertLess(took, GUARANTEE + 3 * SLACK)
        self.assertGreater(boot_time() - promised, GUARANTEE - 0.1)  # the promise was kept
        self.assertNotIn("True", [answer for _, answer in seen])
        self.assertEqual(["begin leader-elected True", "begin leader-deposed False",
                          "begin leader-settings-changed False"], self.stage.zoo.lines("diary"))

    def test_within_a_promise_a_shorter_one_is_still_true(self):
        unit = self.start()
        wait_until(lambda: self.is_leader() == "True", what="a promise")
        unit.terminate()
        wait_until(lambda: "stop requested" in self.stage.zoo.errors(unit))
        self.assertEqual(("True", "False"), (self.is_leader("--guarantee", "500ms"),
                                             self.is_leader()))
        self.assertEqual("a", self.stage.leader())
        self.assertEqual(0, unit.wait(20))
        self.assertIsNone(self.stage.leader())

    def test_a_client_that_polls_is_leader_does_not_delay_a_hand_over(self):
        prefix = "e2e/stop"
        self.stage.key = prefix + "/x"
        self.start(group={"prefix": prefix, "member": "a"})
        wait_until(lambda: self.is_leader() == "True", what="a promise")
        self.stage.start("b", group={"prefix": prefix, "member": "b"})
        drain = self.run_to_end(TENURE, "drain", prefix, "a")
        self.assertEqual(0, drain[0], drain)
        begin = boot_time()
        last_true = 0
        while self.stage.leader() != "b":
            if self.is_leader() == "True":
                last_true = boot_time()
            if boot_time() > begin + 30:
                self.fail("the hand-over does not end")
        print(f"\nhand-over after {boot_time() - begin:.1f} s")
        self.assertGreater(boot_time() + 0.2, last_true + GUARANTEE)
        self.assertEqual("False", self.is_leader())

    def test_the_faces_report_the_stop_at_once(self):
        unit = self.start(http={"listen": ":0"})
        wait_until(lambda: self.is_leader() == "True", what="a promise")
        log = self.stage.zoo.errors(unit)
        port = log.split("listening address=")[1].split()[0].rpartition(":")[2]

        def get(path):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, ""
        self.assertEqual("a", json.loads(get("/")[1])["name"])
        self.assertEqual(200, get("/readyz")[0])
        unit.terminate()
        wait_until(lambda: "stop requested" in self.stage.zoo.errors(unit))
        self.assertEqual("", json.loads(get("/")[1])["name"])
        self.assertEqual((200, 503), (get("/healthz")[0], get("/readyz")[0]))
        self.assertEqual("a", self.stage.leader())
        self.assertEqual(0, unit.wait(20))

    def test_the_deadline_ends_a_hook_and_a_line_names_it(self):
        unit = self.start(hooks={"leader-elected": "",
                                 "leader-deposed": "trap '' TERM\nwhile :; do sleep 0.1; done"},
                          shutdown="2s")
        wait_until(lambda: "hook ended" in self.stage.zoo.errors(unit), what="leader-elected")
        begin = boot_time()
        self.assertEqual(75, self.stage.stop(unit, 30))
        self.assertLess(boot_time() - begin, 2 + SLACK)
        lines = [line for line in self.stage.zoo.error_lines(unit) if "stop incomplete" in line]
        self.assertEqual(1, len(lines), lines)
        self.assertIn("leader-deposed", lines[0])
        wait_until(lambda: not self.stage.zoo.marked(), what="the end of the hook's processes")
        self.assertIsNone(self.stage.leader())

    def test_the_deadline_ends_a_command_and_the_key_is_released(self):
        unit = self.stage.start(
            "a", command={"run": "trap '' TERM; echo x > started; while :; do sleep 0.1; done"},
            top={"shutdown": "2500ms"})  # the stop budget is longer
        wait_until(lambda: self.stage.zoo.lines("started"), what="the command")
        begin = boot_time()
        self.assertEqual(75, self.stage.stop(unit, 30))
        self.assertLess(boot_time() - begin, 2.5 + SLACK)
        line = [line for line in self.stage.zoo.error_lines(unit) if "stop incomplete" in line]
        self.assertRegex(line[0], "command not finished")
        self.assertNotIn("key not released", line[0])
        self.assertIsNone(self.stage.leader())
        wait_until(lambda: not self.stage.zoo.marked(), what="the end of the command")

    def test_a_promise_that_outlasts_the_deadline_is_kept(self):
        """By the environment; the key is not released, so that no other process leads meanwhile."""
        unit = self.start(env={"TENURE_SHUTDOWN": "1s"})
        wait_until(lambda: self.is_leader() == "True", what="a promise")
        begin = boot_time()
        self.assertEqual(75, self.stage.stop(unit, 30))
        self.assertLess(boot_time() - begin, 1 + SLACK)
        line = [line for line in self.stage.zoo.error_lines(unit) if "stop incomplete" in line]
        self.assertRegex(line[0], "key not released, is-leader promised another [123]s")
        self.assertEqual("a", self.stage.leader())

    def test_a_second_signal_ends_it_at_once(self):
        unit = self.start()
        wait_until(lambda: self.is_leader() == "True", what="a promise")
        unit.terminate()
        wait_until(lambda: "stop requested" in self.stage.zoo.errors(unit))
        unit.send_signal(signal.SIGHUP)  # no second stop
        time.sleep(0.2)
        self.assertIsNone(unit.poll())
        unit.terminate()
        self.assertEqual(128 + signal.SIGTERM, unit.wait(5))


if __name__ == "__main__":
    cases.main(needs_consul=True)
