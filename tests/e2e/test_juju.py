#!/usr/bin/env python3
"""is-leader, leader-set and leader-get: a test for each promise of Juju."""

import json
import os
import stat
import time

from support import cases
from support.cut_proxy import Proxy
from support.processes import SLACK, TENURE, boot_time, wait_until
from support.units import TOOLS, JujuCase


class PromisesTest(JujuCase):
    def test_at_most_one_leader(self):
        units = [self.unit(f"u{i}") for i in range(3)]
        leader = self.elected(*units)
        for _ in range(20):
            self.assertEqual([u is leader for u in units], [self.leads(u) for u in units])
        leader.terminate()  # it keeps the promise that it gave
        others = [u for u in units if u is not leader]
        begin = boot_time()
        while leader.poll() is None and boot_time() - begin < 3:
            self.assertEqual([False, False], [self.leads(u) for u in others])
        leader.kill()

    def test_true_means_30_seconds_more(self):
        first, second = self.unit("first"), self.unit("second")
        leader = self.elected(first, second)
        other = second if leader is first else first
        promised = boot_time()
        self.assertTrue(self.leads(leader))
        session = self.consul.holder(self.key)
        leader.terminate()
        key_free = []

        def watch():  # the other may have taken the key before this client sees it free
            _, seen = self.consul.wait_for(self.key, lambda e: e.get("Session") != session)
            key_free.append(seen)

        def other_does_not_lead():
            while boot_time() < promised + 30:
                self.assertFalse(self.leads(other))
                time.sleep(0.2)

        self.all_at_once(watch, other_does_not_lead)
        self.assertGreater(key_free[0] - promised, 29.9)
        self.assertLess(key_free[0] - promised, 33 * SLACK)
        self.assertEqual(0, leader.wait(10))
        wait_until(lambda: self.leads(other), 10, what="the successor")

    def test_without_a_promise_the_end_is_not_delayed(self):
        unit = self.unit("only")
        self.consul.wait_for(self.key, lambda e: e and e.get("Session"))
        begin = boot_time()
        unit.terminate()
        self.assertEqual(0, unit.wait(10))
        self.assertLess(boot_time() - begin, 3 * SLACK)
        self.assertFalse(os.path.exists(unit.socket))

    def test_changes_become_visible_all_at_once(self):
        units = [self.unit("a"), self.unit("b")]
        leader = self.elected(*units)
        minion = units[1] if leader is units[0] else units[0]
        seen = set()
        for number in range(15):
            setting = self.start(os.path.join(TOOLS, "leader-set"), f"x={number}", f"y={number}",
                                 f"z={number}", env={"TENURE_SOCKET": leader.socket})
            while True:
                done = setting.poll() is not None
                _, output, _ = self.tool(minion, "leader-get", "--format", "json")
                values = json.loads(output)
                self.assertEqual(1, len(set(values.values()) or {0}), values)
                seen.add(values.get("x"))
                if done:
                    break
            self.assertEqual(0, setting.returncode)
            # After it has returned 0, every minion has the settings.
            self.assertEqual(str(number), values["z"])
        self.assertGreaterEqual(len(seen), 15)

    def test_a_non_leader_cannot_write(self):
        units = [self.unit("a"), self.unit("b")]
        leader = self.elected(*units)
        minion = units[1] if leader is units[0] else units[0]
        self.assertEqual((0, "", ""), self.tool(leader, "leader-set", "k=1"))
        self.assertEqual(
            (1, "", "ERROR cannot write leadership settings: cannot write settings: "
                    "not the leader\n"), self.tool(minion, "leader-set", "k=2"))
        self.assertEqual((0, "1\n", ""), self.tool(minion, "leader-get", "k"))
        # Without the key the server refuses the write.
        self.consul.put(self.key, "", release=self.consul.holder(self.key))
        code, _, _ = self.tool(leader, "leader-set", "k=3")
        if code == 0:  # it may have won again
            self.elected(leader)
        else:
            self.assertEqual((0, "1\n", ""), self.tool(minion, "leader-get", "k"))

    def test_false_after_the_connection_was_cut_past_the_lease(self):
        proxy = Proxy(self, self.server.address)
        unit = self.unit("cut", span="6s", guarantee="1s", server=proxy.address)
        self.elected(unit)
        proxy.cut = True
        cut_at = boot_time()
        # It may answer True while the lease holds, but no longer.
        while self.leads(unit):
            self.assertLess(boot_time() - cut_at, 6)
        while boot_time() - cut_at < 8:
            self.assertFalse(self.leads(unit))
        self.assertEqual(1, self.tool(unit, "leader-set", "k=1")[0])
        unit.kill()

    def test_settings_whose_answer_is_lost(self):
        proxies = [Proxy(self, self.server.address) for _ in range(2)]
        unit = self.unit("lossy", server=proxies[0].address)
        self.elected(unit)
        direct = {"TENURE_KEY": self.key, "TENURE_SESSION": self.consul.holder(self.key),
                  "TENURE_SOCKET": "", "CONSUL_HTTP_ADDR": proxies[1].address}
        ways = [{"TENURE_SOCKET": unit.socket}, direct]
        for proxy in proxies:
            proxy.cut_after = b'"Verb":"cas"'
        for number, env in enumerate(ways):
            tool = os.path.join(TOOLS, "leader-set")
            self.assertEqual((0, "", ""), self.run_to_end(tool, f"k={number}", env=env))
            self.assertEqual((0, f"{number}\n", ""), self.tool(unit, "leader-get", "k"))
        for proxy in proxies:
            proxy.cut_for_good = True

        def unknown(env):
            return lambda: self.assertEqual(
                (1, "", "ERROR cannot write leadership settings: Consul did not answer in time: it "
                        "is not known whether the settings are stored\n"),
                self.run_to_end(os.path.join(TOOLS, "leader-set"), "k=2", env=env))

        self.all_at_once(*(unknown(env) for env in ways))
        unit.kill()

    def test_a_span_too_short_for_the_promise_is_refused_with_the_arithmetic(self):
        process = self.unit("short", span="15s")
        self.assertEqual(64, process.wait(5))
        errors = self.zoo.errors(process)
        self.assertIn("30s cannot be promised with a span of 15s: a lease of 14s550ms less 4s775ms "
                      "between proofs is 9s775ms; choose span: ", errors)
        self.assertEqual(64, self.unit("almost", span="47s").wait(5))
        unit = self.unit("chosen", span=None)  # by the sidecar
        self.elected(unit)
        session = self.consul.json("GET", "/v1/session/info/" + self.consul.holder(self.key))[0]
        self.assertTrue(session["Name"].endswith(" span=48000ms"), session)
        code, _, errors = self.tool(unit, "is-leader", "--guarantee", "40s")
        self.assertEqual(1, code)
        self.assertIn("ERROR 40s cannot be promised with a span of 48s", errors)
        self.assertEqual((0, "True\n", ""), self.tool(unit, "is-leader", "--guarantee", "1s"))

    def test_only_the_owner_may_use_the_socket(self):
        unit = self.unit("mode")
        self.assertEqual(0o600, stat.S_IMODE(os.stat(unit.socket).st_mode))


class FormatsTest(JujuCase):
    def test_formats(self):
        unit = self.unit("u")
        self.assertEqual((0, "{}\n", ""), self.tool(unit, "leader-get"))
        self.assertEqual((0, "{}\n", ""), self.tool(unit, "leader-get", "--format", "json", "-"))
        self.elected(unit)
        for options, expected in (((), "True\n"), (("--format", "smart"), "True\n"),
                                  (("--format", "json"), "true\n"), (("--format=yaml",), "true\n")):
            self.assertEqual((0, expected, ""), self.tool(unit, "is-leader", *options))
        self.assertEqual((0, "", ""),
                         self.tool(unit, "leader-set", "host=db-1", "port=5432", "old=x", "t=true",
                                   "text=two words", "equals=a=b"))
        self.assertEqual((0, "", ""), self.tool(unit, "leader-set", "old="))
        self.assertEqual((0, "db-1\n", ""), self.tool(unit, "leader-get", "host"))
        self.assertEqual((0, "a=b\n", ""), self.tool(unit, "leader-get", "equals"))
        self.assertEqual((0, '"5432"\n', ""), self.tool(unit, "leader-get", "--format", "json",
                                                        "port"))
        self.assertEqual((0, '"5432"\n', ""), self.tool(unit, "leader-get", "--format", "yaml",
                                                        "port"))
        self.assertEqual((0, 'equals: "a=b"\nhost: db-1\nport: "5432"\nt: "true"\n'
                             'text: "two words"\n', ""), self.tool(unit, "leader-get"))
        _, output, _ = self.tool(unit, "leader-get", "--format", "json")
        self.assertEqual({"host": "db-1", "port": "5432", "t": "true", "text": "two words",
                          "equals": "a=b"}, json.loads(output))
        # The server leaves out a body above its limit.
        many = [f"big{number}={'x' * 100_000}" for number in range(6)]
        code, output, errors = self.tool(unit, "leader-set", *many)
        self.assertEqual((1, ""), (code, output))
        self.assertRegex(errors, "^ERROR [^\n]*the body of 6000[0-9]+ bytes is larger than 524288 "
                                 "bytes: set less at a time\n$")
        self.assertEqual((0, "", ""), self.tool(unit, "leader-get", "nosuch"))
        self.assertEqual((0, "null\n", ""), self.tool(unit, "leader-get", "--format", "json",
                                                      "nosuch"))
        file = self.zoo.path("out")
        self.assertEqual((0, "", ""), self.tool(unit, "is-leader", "-o", file))
        self.assertEqual(["True"], self.zoo.lines("out"))
        self.assertEqual((0, "", ""), self.tool(unit, "leader-get", "--output", file, "host"))
        self.assertEqual(["db-1"], self.zoo.lines("out"))
        # The stored settings are plain JSON.
        entry, _ = self.consul.get(self.key + ".settings")
        self.assertEqual("db-1", json.loads(entry["Value"])["host"])
        # `tenure is-leader` is the same tool.
        self.assertEqual((0, "True\n", ""),
                         self.run_to_end(TENURE, "is-leader", env={"TENURE_SOCKET": unit.socket}))

    def test_usage(self):
        for tool, arguments, error in (
                ("leader-set", ["nonsense"], 'expected "key=value" as setting 1, got no "="'),
                ("leader-set", ["a=1", "=2"], 'expected "key=value" as setting 2, got no key'),
                ("leader-get", ["x=x"], 'invalid key "x=x"')):
            self.assertEqual((2, "", f"ERROR {error}\n"), self.tool(None, tool, *arguments))
        for tool, arguments in (("is-leader", ["--format", "xml"]), ("is-leader", ["--nosuch"]),
                                ("is-leader", ["word"]), ("leader-get", ["a", "b"]),
                                ("is-leader", ["--guarantee", "soon"])):
            code, output, errors = self.tool(None, tool, *arguments)
            self.assertEqual((2, "", 1), (code, output, len(errors.splitlines())))
            self.assertTrue(errors.startswith("ERROR "), errors)

    def test_no_sidecar(self):
        for tool, arguments in (("is-leader", []), ("leader-get", []), ("leader-set", ["a=1"])):
            code, output, errors = self.tool(None, tool, *arguments)
            self.assertEqual((1, ""), (code, output))
            self.assertTrue(errors.startswith("ERROR "), errors)
            self.assertIn("/nonexistent/socket", errors)

    def test_which_election(self):
        path = self.zoo.path("two.sock")
        config = {"control": {"socket": path},
                  "elections": [{"name": n, "key": f"{self.key}/{n}", "span": "48s"}
                                for n in ("a", "b")]}
        with open(self.zoo.path("two.yaml"), "w", encoding="utf-8") as out:
            json.dump(config, out)
        unit = self.start(TENURE, "sidecar", self.zoo.path("two.yaml"))
        unit.socket = path
        wait_until(lambda: os.path.exists(path))
        code, _, errors = self.tool(unit, "is-leader")
        self.assertEqual((1, "ERROR which election? TENURE_ELECTION or --election names one of "
                             "a, b\n"), (code, errors))
        self.assertEqual(1, self.tool(unit, "is-leader", "--election", "c")[0])
        wait_until(lambda: self.tool(unit, "is-leader", "--election", "a")[1] == "True\n")
        wait_until(lambda: self.tool(unit, "is-leader",
                                     env={"TENURE_ELECTION": "b"})[1] == "True\n")
        self.assertEqual(0, self.tool(unit, "leader-set", "--election", "a", "k=1")[0])
        self.assertEqual("", self.tool(unit, "leader-get", "--election", "b", "k")[1])

    def test_bytes_that_are_not_utf_8_are_refused(self):
        unit = self.unit("u")
        self.elected(unit)
        for argument, what in ((b"k=a\xff", 'the value of "k" is not UTF-8 (it is not shown)'),
                               (b"\xc3=v", 'the name "\\xc3" is not UTF-8')):
            code, output, errors = self.tool(unit, "leader-set", "good=1", argument)
            self.assertEqual((2, "", 1), (code, output, len(errors.splitlines())))
            self.assertTrue(errors.startswith("ERROR " + what), errors)
        for name, value in (("TENURE_ELECTION", b"\xff"), ("TENURE_SNAPSHOT", "x")):
            code, output, errors = self.tool(unit, "leader-get", env={name: value})
            self.assertEqual((2, ""), (code, output))
            self.assertTrue(errors.startswith("ERROR " + name + ": "), errors)
        code, output, errors = self.tool(unit, "leader-get", b"\xff")
        self.assertEqual((2, ""), (code, output))
        self.assertIn("is not UTF-8", errors)
        self.assertEqual((0, "{}\n", ""), self.tool(unit, "leader-get"))
        self.assertEqual((0, "", ""), self.tool(unit, "leader-set", "k=\u00e9\U0001f600"))
        self.assertEqual((0, "\u00e9\U0001f600\n", ""), self.tool(unit, "leader-get", "k"))


class WithoutSidecarTest(JujuCase):
    """In the command of tenure run, without a sidecar."""

    def in_command(self, *line, options=()):
        path = TOOLS + ":" + os.environ["PATH"]
        return self.run_to_end(TENURE, "run", "--lock-delay", "0s", *options, self.key, "--",
                               "sh", "-c", *line, env={"PATH": path})

    def test_the_command_of_tenure_run(self):
        code, output, errors = self.in_command(
            "is-leader; leader-set a=1 b=2; leader-get b; is-leader --format json",
            options=["--span", "48s"])
        self.assertEqual((0, "True\n2\ntrue\n", ""), (code, output, errors))
        code, output, errors = self.in_command("is-leader", options=["--span", "15s"])
        self.assertEqual((1, ""), (code, output))
        self.assertIn("ERROR 30s cannot be promised with a span of 15s", errors)
        self.assertEqual("True\n", self.in_command("is-leader --guarantee 10s")[1])

    def test_a_session_that_does_not_lead_or_is_not_tenure_s(self):
        env = {"TENURE_KEY": self.key, "TENURE_SESSION": "1650bd5c-88d3-c379-9ab0-f87d5c90fdb2"}

        def ask(tool, *arguments):
            return self.run_to_end(os.path.join(TOOLS, tool), *arguments, env=env)

        self.assertEqual((0, "False\n", ""), ask("is-leader"))
        self.assertEqual((1, "", "ERROR cannot write leadership settings: cannot write settings: "
                                 "not the leader\n"), ask("leader-set", "a=1"))
        self.assertEqual((0, "{}\n", ""), ask("leader-get"))
        self.consul.put(self.key + ".settings", "{\"k\":\"by hand\"}")
        self.assertEqual((0, "by hand\n", ""), ask("leader-get", "k"))
        session = self.consul.create_session(TTL="60s", LockDelay="0s")
        self.consul.put(self.key, "x", acquire=session)
        env["TENURE_SESSION"] = session
        code, _, errors = ask("is-leader")
        self.assertEqual(1, code)
        self.assertIn("is not tenure's", errors)
        self.assertEqual((0, "True\n", ""), ask("is-leader", "--guarantee", "0"))
        self.assertEqual((0, "", ""), ask("leader-set", "k=2"))
        self.assertEqual((0, "2\n", ""), ask("leader-get", "k"))


if __name__ == "__main__":
    cases.main(needs_consul=True)
