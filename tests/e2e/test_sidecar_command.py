#!/usr/bin/env python3
"""A sidecar's command: it runs at the leader, and its health decides who leads."""

import http.server
import os
import threading
import time

from support import cases, marks
from support.processes import MARK, SLACK, alive, boot_time, wait_until
from support.sidecars import Sidecars


class Health(http.server.BaseHTTPRequestHandler):
    status = {}  # by path

    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(self.status.get(self.path, 200))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class CommandTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        self.stage = Sidecars(self, self.id().rpartition(".")[2])

    def mark(self, name, hold_ms=0):
        return [MARK, self.stage.path("marks"), name, str(hold_ms)]

    def start(self, name, run=None, health=None, **more):
        command = {"run": run or self.mark(name), **more}
        if health:
            command["health"] = health
        return self.stage.start(name, command=command)

    def marks(self, event=None, name=None):
        everything = marks.read(self.stage.path("marks"))
        return marks.of(everything, event, name) if event else everything

    def wait_for(self, event, name, count=1, seconds=40):
        wait_until(lambda: len(self.marks(event, name)) >= count, seconds,
                   what=f"{event} of {name}")
        return self.marks(event, name)[count - 1]

    def test_runs_within_the_term(self):
        first = self.start("a")
        began = self.wait_for("begin", "a")
        entry, _ = self.consul.get(self.stage.key)
        self.assertEqual(str(entry["ModifyIndex"]), began.fence)
        self.start("b")
        time.sleep(0.5)
        self.assertEqual([], self.marks("begin", "b"))
        stopped = boot_time()
        self.assertEqual(0, self.stage.stop(first))
        self.assertLess(self.wait_for("begin", "b").time - stopped, 1.5 * SLACK)
        self.assertEqual(1, len(self.marks("end", "a")))  # by SIGTERM, not SIGKILL
        self.assertEqual([], marks.overlaps(self.marks()))

    def test_a_sidecar_that_is_killed_leaves_nothing_behind(self):
        first = self.start("a")
        command = self.wait_for("begin", "a")
        killed = boot_time()
        first.kill()
        wait_until(lambda: not alive(command.pid), self.stage.span + 1, what="the command's end")
        self.assertLess(boot_time() - killed, self.stage.span)

    def test_a_lost_term_ends_the_command_before_the_next_begins(self):
        self.start("a")
        self.wait_for("begin", "a")
        self.start("b")
        time.sleep(0.5)
        self.consul.destroy_session(self.consul.holder(self.stage.key))
        self.wait_for("end", "a", seconds=10)
        wait_until(lambda: len(self.marks("begin")) >= 2, 20, what="another begin")
        self.assertEqual([], marks.overlaps(self.marks()))
        fences = [int(m.fence) for m in self.marks("begin")]
        self.assertEqual(sorted(fences), fences)

    def test_restarted_with_growing_pauses(self):
        self.start("a", run=self.mark("a", 50), restart="200ms")
        self.wait_for("begin", "a", count=3, seconds=10)
        self.assertEqual("a", self.stage.leader())
        begun = [m.time for m in self.marks("begin")]
        self.assertGreater(begun[1] - begun[0], 0.2)

    def test_a_leader_in_a_crash_loop_gives_up(self):
        crash = ["sh", "-c", "echo crash >> crashes; exit 3"]
        first = self.start("a", run=crash, restart="10ms", health={"crashes": 3,
                                                                  "cool_down": "4s"})
        self.stage.zoo.errors(first)
        wait_until(lambda: len(self.stage.zoo.lines("crashes")) >= 3, what="three crashes")
        given_up = boot_time()
        second = self.start("b")
        self.stage.wait_for_leader("b", 10)
        self.wait_for("begin", "b")
        self.assertEqual(3, len(self.stage.zoo.lines("crashes")))
        self.assertRegex(self.stage.zoo.errors(first), "leadership given up .*reason=\"the "
                         "command keeps failing: exited with 3\"")
        # After the cool-down it stands again, and does not depose the new leader.
        wait_until(lambda: "candidacy resumed" in self.stage.zoo.errors(first), 10,
                   what="the end of the cool-down")
        self.assertGreater(boot_time() - given_up, 3.5)
        time.sleep(0.5)
        self.assertEqual("b", self.stage.leader())
        self.assertEqual(0, self.stage.stop(second))
        wait_until(lambda: len(self.stage.zoo.lines("crashes")) >= 4, 10, what="the next try")

    def serve_health(self):
        Health.status = {}
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(lambda: (server.shutdown(), thread.join(), server.server_close()))
        return f"http://127.0.0.1:{server.server_address[1]}"

    def test_a_failing_http_probe_costs_leadership(self):
        address = self.serve_health()
        health = {"interval": "200ms", "start": "0s", "failures": 2, "cool_down": "60s"}
        first = self.start("a", health={"http": address + "/a", **health})
        self.wait_for("begin", "a")
        self.start("b", health={"http": address + "/b", **health})
        time.sleep(1)
        self.assertEqual("a", self.stage.leader())
        Health.status["/a"] = 503
        failed = boot_time()
        self.wait_for("begin", "b", seconds=10)
        self.assertLess(boot_time() - failed, 3 * SLACK)
        self.assertIn("/a: 503", self.stage.zoo.errors(first))
        self.assertEqual([], marks.overlaps(self.marks()))

    def test_with_permanent_probes_it_stands_only_while_they_pass(self):
        address = self.serve_health()
        Health.status["/a"] = 500
        health = {"interval": "200ms", "failures": 1, "always": True}
        self.start("a", health={"http": address + "/a", **health})
        time.sleep(1.5)
        self.assertIsNone(self.stage.leader())
        del Health.status["/a"]
        self.wait_for("begin", "a", seconds=10)

    def test_a_stale_file_costs_leadership(self):
        beat = self.stage.path("beat")
        program = ["sh", "-c", f"for i in 1 2 3 4 5; do touch {beat}; sleep 0.2; done; "
                               f"exec {' '.join(self.mark('a'))}"]
        first = self.start("a", run=program,
                           health={"file": beat, "max_age": "500ms", "interval": "200ms",
                                   "start": "300ms", "failures": 2, "cool_down": "60s"})
        self.wait_for("begin", "a")
        self.start("b")
        self.wait_for("begin", "b", seconds=15)
        self.assertIn("not written for", self.stage.zoo.errors(first))
        self.assertTrue(os.path.exists(beat))
        self.assertEqual([], marks.overlaps(self.marks()))


if __name__ == "__main__":
    cases.main(needs_consul=True)
