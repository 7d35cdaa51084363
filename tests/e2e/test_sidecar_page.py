#!/usr/bin/env python3
"""The status page in a browser: ten elections and 5,000, light and dark, by keyboard."""

import json
import re
import subprocess

from support import cases, node
from support.elector import listening, wait_for_leader
from support.processes import SLACK, TENURE, wait_until

FILE = """
defaults: {{value: {value}, span: 10s, ttl: 10s}}
http: {{listen: "127.0.0.1:0", election: election-0}}
elections:
"""


class PageTest(cases.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node = node.prepare()

    def sidecar(self, value, count):
        path = self.zoo.path(value + ".yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(FILE.format(value=value))
            for i in range(count):
                file.write(f"  - {{name: election-{i}, key: {self.key}/{i}}}\n")
        process = self.start(TENURE, "sidecar", path)
        process.address = listening(self, process)[0]
        return process

    def look(self, count, scheme):
        other = self.sidecar("host-a", 1)
        wait_for_leader(other.address, "host-a")
        ours = self.sidecar("host-b", count)
        wait_for_leader(ours.address, "host-a", 60 * SLACK)
        wait_for_leader(ours.address, "host-b", 120 * SLACK, f"/elections/election-{count - 1}")
        wait_for_leader(ours.address, "host-b", 120 * SLACK, "/elections/election-1")
        page = self.start("node", "page.js", ours.address, self.zoo.folder, scheme, count,
                          cwd=self.node, stdin=subprocess.PIPE)
        self.addCleanup(page.stdin.close)
        found = {}

        def printed(what):
            for line in self.zoo.output_lines(page):
                key, value = json.loads(line)
                found[key] = value
            if page.poll() is not None and what not in found:
                self.fail(f"no {what}: {self.zoo.errors(page)}")
            return what in found

        wait_until(lambda: printed("ready"), 60 * SLACK, pause=0.05, what="the page")
        other.terminate()
        self.assertEqual(0, other.wait(20))
        page.stdin.write(b"go\n")
        page.stdin.flush()
        wait_until(lambda: printed("change_seen"), 60 * SLACK, pause=0.05, what="the change")
        ours.kill()
        page.stdin.write(b"go\n")
        page.stdin.flush()
        wait_until(lambda: printed("gone"), 30 * SLACK, pause=0.05, what="the end")
        self.assertEqual(0, page.wait(20))
        self.check(count, scheme, found)
        return found

    def check(self, count, scheme, found):
        self.assertEqual(count, found["total"])
        self.assertEqual(count if count < 20 else True,
                         found["rows"] if count < 20 else found["rows"] < 40)
        self.assertIn(f"{count} elections", found["sums"])
        self.assertIn("Our lease", found["columns"])
        self.assertEqual(*found["aligned"])
        light = sum(int(x) for x in re.findall(r"\d+", found["ground"])) > 3 * 128
        self.assertEqual(scheme == "light", light)
        self.assertEqual("filter", found["slash"])
        self.assertEqual([f"election-{count - 1}"], found["filtered"])
        self.assertEqual(("scroll", f"row{count - 1}"), (found["escape"], found["active"]))
        self.assertLess(found["end_ms"], 1000 * SLACK)
        self.assertEqual("Close details", found["focus"])
        self.assertTrue(found["closed"])
        self.assertGreater(found["contrast"][0], 4.5, found["contrast"])
        self.assertEqual("host-a", found["ready"])
        name, lease, bars = found["changed"]
        self.assertEqual(("host-b", 2), (name, bars))
        self.assertRegex(lease, r"^\s*\d+\.\d s$")
        self.assertEqual([], found["bad"])
        self.assertEqual("–", found["gone"])

    def test_ten_elections_light(self):
        self.look(10, "light")

    def test_ten_elections_dark(self):
        self.look(10, "dark")

    def test_five_thousand_elections_light(self):
        self.look(5000, "light")

    def test_five_thousand_elections_dark(self):
        self.look(5000, "dark")


if __name__ == "__main__":
    cases.main()
