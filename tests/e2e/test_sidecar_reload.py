#!/usr/bin/env python3
"""SIGHUP: a sidecar takes over its file as it is now. What did not change keeps its term."""

import json
import os
import signal
import urllib.request

from support import cases
from support.processes import TENURE, wait_until
from support.sidecars import write_script

IS_LEADER = os.path.join(os.path.dirname(TENURE), "is-leader")


class ReloadTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        self.file = os.path.join(self.folder, "sidecar.yaml")
        self.prefix = "e2e/reload/" + self.id().rpartition(".")[2]

    def election(self, name, **more):
        return {"name": name, "key": f"{self.prefix}/{name}", "value": "me", "span": "2s",
                "stop_budget": "500ms", **more}

    def write(self, *elections, **top):
        with open(self.file, "w", encoding="utf-8") as out:
            json.dump({"elections": elections, **top}, out, indent=1)

    def start(self, *elections, env=None, **top):
        self.write(*elections, **top)
        self.unit = super().start(TENURE, "sidecar", self.file, env=env)
        for each in elections:
            self.wait_for_leader(each["key"])

    def log(self):
        return self.zoo.errors(self.unit)

    def count(self, event):
        return self.log().count(event)

    def reload(self, event="configuration reloaded"):
        before = self.count(event)
        self.unit.send_signal(signal.SIGHUP)
        wait_until(lambda: self.count(event) > before, what=event)
        return [line for line in self.log().splitlines() if event in line][-1]

    def leader(self, key):
        entry, _ = self.consul.get(key)
        return entry if entry and entry.get("Session") else None

    def wait_for_leader(self, key, seconds=20):
        return wait_until(lambda: self.leader(key), seconds, what=f"a leader of {key}")

    def fence(self, name):
        """Of the present leader; None without one."""
        entry = self.leader(f"{self.prefix}/{name}")
        return entry and entry["ModifyIndex"]

    def test_elections_come_and_go_without_the_others(self):
        """Added, removed, changed and unchanged; written in another order and style."""
        a, b, c = (self.election(name) for name in "abc")
        self.start(a, b, c, http={"listen": ":0"}, control={"socket": self.zoo.path("socket")},
                   defaults={"guarantee": "500ms"})
        port = self.log().split("listening address=")[1].split()[0].rpartition(":")[2]
        before = {name: self.fence(name) for name in "abc"}
        stream = urllib.request.urlopen(f"http://127.0.0.1:{port}/elections/b/sse", timeout=10)
        self.addCleanup(stream.close)
        self.assertIn(b'"name":"me"', stream.readline())
        with open(self.file, "w", encoding="utf-8") as out:
            out.write(f"""# in YAML now
defaults: {{guarantee: 500ms}}
control: {{socket: "{self.zoo.path("socket")}"}}
http: {{listen: ":0"}}
elections:
  - {{name: d, key: {self.prefix}/d, value: me, span: 2s, stop_budget: 500ms}}
  - {{stop_budget: 500ms, span: 3s, value: me, key: {self.prefix}/c, name: c}}
  - {{stop_budget: 500ms, span: 2s, value: me, key: {self.prefix}/a, name: a}}
""")
        line = self.reload()
        self.assertRegex(line, "added=1 removed=1 restarted=1 unchanged=1")
        self.wait_for_leader(f"{self.prefix}/d")
        wait_until(lambda: self.leader(f"{self.prefix}/b") is None, what="b to be released")
        wait_until(lambda: self.fence("c") not in (None, before["c"]), what="c to lead again")
        self.assertEqual(before["a"], self.fence("a"))
        rest = stream.read()  # a last state, and the end of the stream
        self.assertIn(b'"name":""', rest)
        wait_until(lambda: self.count("election left") == 2, what="two elections to be left")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/elections", timeout=10) as answer:
            names = [each["election"] for each in json.load(answer)]
        self.assertEqual(["a", "c", "d"], sorted(names))
        for name, expected in (("d", "True"), ("c", "True"), ("b", "")):
            def answer(name=name):
                _, output, _ = self.zoo.run(
                    IS_LEADER, "--election", name,
                    env={"TENURE_SOCKET": self.zoo.path("socket")})
                return output.strip()
            wait_until(lambda: answer() == expected, what=f"is-leader {expected} of {name}")
        # Back again, and the same file once more changes nothing.
        self.write(a, b, http={"listen": ":0"}, control={"socket": self.zoo.path("socket")},
                   defaults={"guarantee": "500ms"})
        self.reload()
        self.wait_for_leader(f"{self.prefix}/b")
        self.assertRegex(self.reload(), "added=0 removed=0 restarted=0 unchanged=2")
        self.assertEqual(before["a"], self.fence("a"))
        self.unit.terminate()
        self.assertEqual(0, self.unit.wait(20))
        self.assertIsNone(self.leader(a["key"]))

    def test_a_bad_file_changes_nothing(self):
        self.start(self.election("a"), http={"listen": ":0"})
        fence = self.fence("a")
        with open(self.file, encoding="utf-8") as file:
            good = file.read()
        for text, expected in (
                (good.replace('"2s"', '"2 parsecs"'), r":\d+: election 'a': span:"),
                ("elections: [", r":\d+: not YAML"),
                (good.replace('":0"', '":1"'),
                 r":\d+: http: listen: cannot change while the sidecar runs: restart it"),
                (good.replace('{', '{"liveness": "2s",', 1), r":\d+: liveness: cannot change"),
                (good.replace('{', '{"consul": {"address": "127.0.0.1:1"},', 1),
                 r":\d+: consul: cannot change")):
            with open(self.file, "w", encoding="utf-8") as out:
                out.write(text)
            line = self.reload("reload refused")
            self.assertRegex(line, expected)
            self.assertIn(self.file, line)
        os.remove(self.file)
        self.assertIn("cannot read", self.reload("reload refused"))
        # A wait for its writer would cost the term.
        os.mkfifo(self.file)
        writer = os.open(self.file, os.O_RDWR)
        self.addCleanup(os.close, writer)
        self.assertIn("it is no regular file", self.reload("reload refused"))
        os.remove(self.file)
        with open(self.file, "w", encoding="utf-8") as out:
            out.write(good)
        self.assertRegex(self.reload(), "unchanged=1")
        self.assertEqual(fence, self.fence("a"))

    def test_a_reload_gets_no_token_again(self):
        """A command may take its time, and creates a token each time; a pipe has none any more."""
        runs = self.zoo.path("runs")
        token = self.zoo.path("token")
        os.mkfifo(token)
        self.write(self.election("a"), consul={"token_file": token})
        self.unit = super().start(TENURE, "sidecar", "--token-command",
                                  f"echo run >> {runs}; echo secret", self.file)
        with open(token, "w", encoding="ascii") as writer:
            writer.write("secret\n")
        self.wait_for_leader(f"{self.prefix}/a")
        fence = self.fence("a")
        self.assertRegex(self.reload(), "unchanged=1")
        self.assertEqual(["run"], self.zoo.lines("runs"))
        self.assertEqual(fence, self.fence("a"))

    def test_a_group_takes_over_its_weight_without_a_new_term(self):
        group = {"prefix": self.prefix, "member": "me", "weight": 100}
        self.start(self.election("a", group=group))
        fence = self.fence("a")
        self.write(self.election("a", group={**group, "weight": 50}),
                   self.election("b", group={**group, "weight": 50}))
        self.assertRegex(self.reload(), "added=1 removed=0 restarted=0 unchanged=1")
        self.wait_for_leader(f"{self.prefix}/b")

        def weights():
            status, _, text = self.consul.request("GET", f"/v1/kv/{self.prefix}/members?keys")
            member = json.loads(text)[0] if status == 200 else ""
            return self.consul.request("GET", f"/v1/kv/{member}?raw")[2]
        wait_until(lambda: "50" in str(weights()), what="the new weight")
        self.assertEqual(fence, self.fence("a"))
        # Another member name: the group is left and joined again.
        other = {**group, "member": "you"}
        self.write(self.election("a", group=other), self.election("b", group=other))
        self.assertRegex(self.reload(), "restarted=2 unchanged=0")
        wait_until(lambda: self.fence("a") not in (None, fence), what="a to lead again")

    def test_removed_hooks_run_their_last_hook(self):
        folder = self.zoo.path("hooks")
        os.mkdir(folder)
        for hook in ("leader-elected", "leader-deposed"):
            write_script(os.path.join(folder, hook),
                         f'echo "$TENURE_HOOK $(is-leader)" >> {self.zoo.path("diary")}\n')
        hooks = {"dir": folder, "guarantee": "500ms"}
        control = {"socket": self.zoo.path("socket")}
        a = self.election("a", guarantee="500ms")
        self.start(a, self.election("b", hooks=hooks, guarantee="500ms"), control=control)
        wait_until(lambda: self.zoo.lines("diary"), what="leader-elected")
        fence = self.fence("a")
        self.write(a, control=control)
        self.reload()
        wait_until(lambda: self.count("election left"), what="b to be left")
        self.assertEqual(["leader-elected True", "leader-deposed False"], self.zoo.lines("diary"))
        self.assertEqual(fence, self.fence("a"))

    def test_without_a_file_there_is_nothing_to_reload(self):
        self.unit = super().start(TENURE, "sidecar", env={
            "ELECTOR_ELECTION": "db", "TENURE_KEY": self.prefix, "ELECTOR_HTTP": ":0"})
        entry = self.wait_for_leader(self.prefix)
        self.reload("nothing to reload")
        self.assertEqual(entry["ModifyIndex"], self.leader(self.prefix)["ModifyIndex"])
        self.assertIsNone(self.unit.poll())


if __name__ == "__main__":
    cases.main(needs_consul=True)
