#!/usr/bin/env python3
"""Groups on the command line: members that `tenure run --group` and a sidecar make, and the tools
that show and steer them."""

import json
import signal
import time

from support import cases
from support.elector import body, listening, open_stream
from support.processes import SLACK, TENURE, TENURE_CRON, wait_until

SIDECAR = """
defaults: {{span: 5s, ttl: 10s, group: {{prefix: {prefix}, member: {member}}}}}
http: {{listen: "127.0.0.1:0", election: one}}
elections:
  - {{name: one, key: {prefix}/one}}
  - {{name: two, key: {prefix}/two}}
  - {{name: three, key: {prefix}/three}}
  - {{name: four, key: {prefix}/four}}
"""
SETTLING = 10  # seconds, the default


class GroupToolsTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        self.prefix = self.key

    def tool(self, *words, code=0, timeout=40):
        got, output, errors = self.run_to_end(TENURE, *words, timeout=timeout * SLACK)
        self.assertEqual(code, got, (words, output, errors))
        return output if code == 0 else errors

    def report(self):
        line = self.run_to_end(TENURE, "group", "--json", self.prefix)[1]
        return json.loads(line)

    def member(self, name):
        found = [m for m in self.report()["members"] if m["name"] == name]
        return found[0] if found else None

    def leads(self, name, count):
        m = self.member(name)
        return m is not None and m["leads"] == count

    def wait_for(self, name, count, seconds=20):
        wait_until(lambda: self.leads(name, count), seconds * SLACK, pause=0.1,
                   what=f"{count} elections of {name}")

    # -- tenure run ------------------------------------------------------------------------------

    def run_member(self, name, *options, key=None):
        """A command that writes "NAME began" and, at SIGTERM, "NAME ended" into one file."""
        trace = self.zoo.path("trace")
        script = (f"trap 'echo {name} ended >> {trace}; exit 0' TERM; echo {name} began >> "
                  f"{trace}; while :; do sleep 0.05; done")
        return self.start(TENURE, "run", "--group", self.prefix, "--member", name, "--span", "5s",
                          "--ttl", "10s", *options, key or f"{self.prefix}/job", "--", "sh", "-c",
                          script)

    def traced(self, *lines):
        wait_until(lambda: self.zoo.lines("trace") == list(lines), 30 * SLACK, pause=0.05,
                   what=str(lines))

    def test_commands_move_between_members(self):
        key = f"{self.prefix}/job"
        first = self.run_member("a", "--respawn")
        self.traced("a began")
        second = self.run_member("b", "--respawn")
        wait_until(lambda: self.member("b"), 10 * SLACK, pause=0.1, what="the member b")
        table = self.tool("group", self.prefix)
        self.assertRegex(table, r"^MEMBER +WEIGHT .*\na +100 +- +\w+ +1 +1 +0 +0 +-\n"
                                r"b +100 +- +\w+ +0 +0 +0 +0 +-\n1 election: 0 free, 0 held")
        watch = self.start(TENURE, "group", "--watch", "--json", self.prefix)
        wait_until(lambda: self.zoo.output_lines(watch), 10 * SLACK, what="the group")

        # A drain: the command ends, and the other member's begins.
        self.assertEqual("a is drained and leads nothing\n",
                         self.tool("drain", "--wait", "--timeout", "20s", self.prefix, "a"))
        self.traced("a began", "a ended", "b began")
        self.assertEqual("drained", self.member("a")["state"])
        wait_until(lambda: any('"drained":["a"]' in line for line in self.zoo.output_lines(watch)),
                   10 * SLACK, what="the drain in the output of --watch")
        self.assertIn("is drained and leads nothing", self.tool("move", key, "a", code=1))
        self.assertEqual("a is no longer drained\n", self.tool("undrain", self.prefix, "a"))
        self.assertEqual("a was not drained\n", self.tool("undrain", self.prefix, "a"))

        # A move, which waits until both members have settled, and then a pin.
        self.assertEqual(f"a leads {key}, b led it before\n", self.tool("move", key, "a"))
        self.assertEqual({}, self.report()["pins"])
        self.assertEqual(f"a leads {key} already\n", self.tool("move", key, "a"))
        self.assertEqual(f"{key} is pinned to b\n", self.tool("pin", key, "b"))
        self.assertEqual({key: "b"}, self.report()["pins"])
        self.wait_for("b", 1)
        wait_until(lambda: any(json.loads(line)["pins"] == {key: "b"}
                               for line in self.zoo.output_lines(watch)),
                   10 * SLACK, what="the pin in the output of --watch")
        self.assertIn(f"{key} is pinned to b", self.tool("move", key, "a", code=1))
        self.assertEqual(f"{key} is no longer pinned to b\n", self.tool("unpin", key))
        self.assertEqual(f"{key} was not pinned\n",
                         self.tool("unpin", "--group", self.prefix, key))
        self.traced("a began", "a ended", "b began", "b ended", "a began", "a ended", "b began")

        # A member that ends hands over.
        second.send_signal(signal.SIGTERM)
        self.assertEqual(0, second.wait(20), self.zoo.errors(second))
        wait_until(lambda: self.zoo.lines("trace")[-1] == "a began", 3 * SLACK, what="a, at once")
        self.assertIsNone(self.member("b"))
        seen = [json.loads(line) for line in self.zoo.output_lines(watch)]
        self.assertGreaterEqual(len(seen), 4)
        watch.send_signal(signal.SIGINT)
        self.assertEqual(0, watch.wait(10))
        self.assertIn(f"{key} was handed over: the command was stopped", self.zoo.errors(first))
        first.terminate()
        self.assertEqual(0, first.wait(20))

    def test_a_drain_waits_for_elections_elsewhere(self):
        key = f"{self.prefix}-elsewhere/job"
        first = self.run_member("a", "--respawn", key=key)
        self.traced("a began")
        second = self.run_member("b", "--respawn", key=key)
        wait_until(lambda: self.member("b"), 10 * SLACK, pause=0.1, what="the member b")
        self.wait_for("a", 1)
        self.assertIn("1 election: 0 free", self.tool("group", self.prefix))
        self.assertEqual("a is drained and leads nothing\n",
                         self.tool("drain", "--wait", "--timeout", "20s", self.prefix, "a"))
        self.assertEqual(["a began", "a ended"], self.zoo.lines("trace")[:2])
        self.assertEqual("drained", self.member("a")["state"])
        first.terminate()
        self.assertEqual(128 + signal.SIGTERM, first.wait(20), self.zoo.errors(first))
        second.terminate()
        self.assertEqual(0, second.wait(20), self.zoo.errors(second))

    def test_without_respawn_a_hand_over_ends_it(self):
        first = self.run_member("a")
        self.traced("a began")
        second = self.run_member("b")
        wait_until(lambda: self.member("b"), 10 * SLACK, pause=0.1, what="the member b")
        self.assertIn(self.tool("drain", self.prefix, "a"),
                      ("a is drained and hands over 1 election\n",
                       "a is drained and leads nothing\n"))
        self.assertEqual(70, first.wait(20))
        self.assertEqual(f"tenure run: {self.prefix}/job was handed over: the command was stopped",
                         self.zoo.error_lines(first)[-1])
        self.traced("a began", "a ended", "b began")
        second.terminate()
        self.assertEqual(0, second.wait(20))

    def test_why_a_member_is_not_elected(self):
        """--try names the cause, of a key that never existed."""
        def not_elected(key, *options):
            code, output, errors = self.run_to_end(
                TENURE, "run", "--group", self.prefix, "--member", "m", "--try=2s", *options,
                f"{self.prefix}/{key}", "--", "true", timeout=30)
            self.assertEqual((75, ""), (code, output), errors)
            return errors

        member = f"tenure run: not elected in time: the member m of {self.prefix} "
        self.assertEqual(f"{member}has the weight 0 and leads nothing\n",
                         not_elected("weight", "--weight", "0"))
        self.assertEqual(f"{member}has the capacity 0 and leads nothing\n",
                         not_elected("capacity", "--capacity", "0"))
        self.tool("drain", "--force", self.prefix, "m")
        self.assertEqual(f"{member}is drained and leads nothing: tenure undrain {self.prefix} m\n",
                         not_elected("drain"))

    def test_a_long_value_of_the_leader_is_shortened(self):
        key = f"{self.prefix}/long"
        self.start(TENURE, "run", "--value", "v" * 100_000, key, "--", "sleep", "60")
        wait_until(lambda: self.run_to_end(TENURE, "leader", key)[0] == 0, 10 * SLACK,
                   pause=0.1, what="a leader")
        code, _, errors = self.run_to_end(TENURE, "run", "--try=1s", key, "--", "true")
        self.assertEqual(75, code)
        self.assertEqual(f"tenure run: not elected in time: {key} is led by {'v' * 200}...\n",
                         errors)

    def test_names_that_are_no_members(self):
        self.assertEqual(f"tenure group: {self.prefix} has no members\n",
                         self.tool("group", self.prefix, code=1))
        key = f"{self.prefix}/folder/job"
        self.assertIn("name the group with --group", self.tool("pin", key, "a", code=1))
        self.assertEqual("a is drained and leads nothing\n",
                         self.tool("drain", "--force", self.prefix, "a"))
        self.assertEqual(f"tenure drain: 'b' is no member of {self.prefix}, which has no members\n",
                         self.tool("drain", self.prefix, "b", code=1))
        # The drain makes a group of the folder.
        self.assertIn("'b' is no member", self.tool("pin", key, "b", code=1))
        self.assertIn("'b' is no member", self.tool("move", key, "b", code=1))
        code, output, errors = self.run_to_end(TENURE, "pin", "--force", key, "b")
        self.assertEqual((0, f"{key} is pinned to b\n"), (code, output))
        self.assertEqual(f"tenure pin: no election {key} is seen: no member has led it, or its "
                         "key was deleted; the pin holds if there will be one\n", errors)
        report = self.report()
        self.assertEqual((["a"], {key: "b"}, []),
                         (report["drained"], report["pins"], report["members"]))
        member = self.run_member("m")
        self.traced("m began")
        self.assertEqual(f"tenure drain: 'b' is no member of {self.prefix}, which has m\n",
                         self.tool("drain", self.prefix, "b", code=1))
        self.assertEqual(f"tenure move: no election {self.prefix}/typo is seen: no member has led "
                         "it, or its key was deleted\n",
                         self.tool("move", f"{self.prefix}/typo", "m", code=1, timeout=20))
        self.assertEqual("", self.run_to_end(TENURE, "pin", f"{self.prefix}/job", "m")[2])
        member.terminate()
        self.assertEqual(0, member.wait(20))

    def test_a_move_that_does_not_come_takes_its_pin_away(self):
        key = f"{self.prefix}/job"
        first = self.run_member("a")
        self.traced("a began")
        other = self.start(TENURE, "run", "--group", self.prefix, "--member", "b", "--capacity",
                           "0", "--span", "5s", "--ttl", "10s", key, "--", "true")
        wait_until(lambda: self.member("b"), 10 * SLACK, pause=0.1, what="the member b")
        self.assertEqual("tenure move: b has the capacity 0 and leads nothing\n",
                         self.tool("move", key, "b", code=1))
        other.terminate()
        other.wait(20)
        # A member that has not entered the election.
        other = self.start(TENURE, "run", "--group", self.prefix, "--member", "b", "--span", "5s",
                           "--ttl", "10s", f"{self.prefix}/other", "--", "sleep", "60")
        wait_until(lambda: self.member("b") and self.member("b")["capacity"] is None,
                   20 * SLACK, pause=0.1, what="the new member b")
        self.assertEqual(f"tenure move: b does not lead {key} after 2s, a does; the pin of this "
                         "move is taken away again\n",
                         self.tool("move", "--timeout", "2s", key, "b", code=75))
        self.assertEqual({}, self.report()["pins"])
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            slow = self.start(TENURE, "move", key, "b")
            wait_until(lambda: self.report()["pins"], 10 * SLACK, pause=0.1, what="the pin")
            slow.send_signal(number)
            self.assertEqual(128 + number, slow.wait(10 * SLACK))
            self.assertEqual({}, self.report()["pins"], number)
        # The pin of another operator stays.
        slow = self.start(TENURE, "move", "--timeout", f"{int(5 * SLACK)}s", key, "b")
        wait_until(lambda: self.report()["pins"], 10 * SLACK, pause=0.1, what="the pin")
        self.tool("pin", "--force", key, "c")
        self.assertEqual(75, slow.wait(30 * SLACK))
        self.assertIn(f"; {key} is pinned to c now", self.zoo.error_lines(slow)[-1])
        self.assertEqual({key: "c"}, self.report()["pins"])
        for process in (other, first):
            process.terminate()
            process.wait(20)

    # -- sidecars and cron -----------------------------------------------------------------------

    def sidecar(self, name):
        path = self.zoo.path(name + ".yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SIDECAR.format(prefix=self.prefix, member=name))
        process = self.start(TENURE, "sidecar", path)
        process.address = listening(self, process)[0]
        return process

    def test_sidecars_share_their_elections(self):
        first = self.sidecar("a")
        self.wait_for("a", 4)
        second = self.sidecar("b")
        self.wait_for("b", 2, SETTLING + 20)
        self.wait_for("a", 2)
        groups = json.loads(body(second.address, "/groups"))
        self.assertEqual([(self.prefix, "b")], [(g["group"], g["member"]) for g in groups])
        self.assertEqual([("a", 2), ("b", 2)],
                         [(m["name"], m["leads"]) for m in groups[0]["members"]])
        page, _ = open_stream(second.address, "/ui/events")
        with page:
            frames = [page.chunk() for _ in range(2)]
        self.assertEqual(b"event: groups\ndata: " + json.dumps(groups, separators=(",", ":"))
                         .encode() + b"\n\n", frames[1])
        detail = json.loads(body(second.address, "/elections/one/detail"))
        self.assertEqual(self.prefix, detail["group"])
        first.terminate()
        stopped = time.monotonic()
        self.wait_for("b", 4)
        self.assertEqual(0, first.wait(20), self.zoo.errors(first))
        self.assertLess(time.monotonic() - stopped, 5 * SLACK)  # handed over: no lease runs out
        second.terminate()
        self.assertEqual(0, second.wait(20))

    def test_cron_hands_over_when_no_job_runs(self):
        path = self.zoo.path("jobs.yaml")
        key = f"{self.prefix}/cron/job"  # each job has its election
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"election: {self.prefix}/cron\njobs:\n  - name: job\n"
                       f"    schedule: '@every 1s'\n"
                       f"    command: 'echo began >> {self.zoo.path('runs')}; sleep 0.3; "
                       f"echo ended >> {self.zoo.path('runs')}'\n")

        def cron(name):
            return self.start(TENURE_CRON, "--group", self.prefix, "--member", name, "--span",
                              "5s", "--ttl", "10s", path)

        first = cron("a")
        self.wait_for("a", 1)
        second = cron("b")
        wait_until(lambda: self.member("b"), 10 * SLACK, pause=0.1, what="the member b")
        self.assertEqual(f"b leads {key}, a led it before\n", self.tool("move", key, "b"))
        wait_until(lambda: len(self.zoo.lines("runs")) > 8, 20 * SLACK, what="jobs")
        for process in (first, second):
            process.terminate()
            self.assertEqual(0, process.wait(20))
        asked = [line.split("fence=")[1].split()[0] for line in self.zoo.errors(first).splitlines()
                 if "hand-over requested" in line]
        self.assertTrue(asked)
        self.assertEqual(len(asked), len(set(asked)), asked)
        began = "".join(line[0] for line in self.zoo.lines("runs"))
        self.assertRegex(began, "^(be)+b?$")  # a job runs to its end before the next begins


if __name__ == "__main__":
    cases.main(needs_consul=True)
