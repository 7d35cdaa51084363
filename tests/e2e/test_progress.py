#!/usr/bin/env python3
"""The progress of long work: a bar on a terminal, lines elsewhere, and nothing for short work."""

import io
import os
import pty
import re
import subprocess
import sys
import time

from support import cases
from support.processes import TENURE, wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))
from harness import bar  # noqa: E402  pylint: disable=wrong-import-position


def read_terminal(descriptor):
    """All that a program wrote to its terminal."""
    text = b""
    while True:
        try:
            block = os.read(descriptor, 65536)
        except OSError:  # the last program has closed it
            return text.decode()
        if not block:
            return text.decode()
        text += block


class ProgressTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        # Its command ignores SIGTERM, so each drain lasts as long as its --timeout.
        deaf = self.zoo.path("deaf")
        self.start(TENURE, "run", "--span", "45s", "--grace", "15s", "--group", self.key,
                   "--member", "stuck", self.key + "/leader", "--", "sh", "-c",
                   f"trap '' TERM; : >{deaf}; while :; do sleep 1; done")
        wait_until(lambda: os.path.exists(deaf), what="the command")

    def drain(self, *words, terminal=True):
        """What the drain prints to standard error, a terminal or not."""
        argv = [TENURE, "drain", "--wait", "--timeout", "2500ms", *words, self.key, "stuck"]
        environment = {**os.environ, **self.environment, "TERM": "xterm"}
        if not terminal:
            done = subprocess.run(argv, env=environment, capture_output=True, text=True,
                                  check=False, stdin=subprocess.DEVNULL)
            return done.stderr
        ours, theirs = pty.openpty()
        with subprocess.Popen(argv, env=environment, stderr=theirs, stdout=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL) as process:
            os.close(theirs)
            text = read_terminal(ours)
            os.close(ours)
            process.wait()
        return text

    def test_a_drain(self):
        results = {}

        def bar():
            results["bar"] = self.drain()

        def lines():
            results["lines"] = self.drain(terminal=False)

        def quiet():
            results["quiet"] = self.drain("--quiet")

        self.all_at_once(bar, lines, quiet, self.a_reader_that_has_gone)
        self.assertRegex(results["bar"], r"\rtenure drain: stuck: \[\.{24}\] 0 of 1 elections, "
                                         r"[1-3] s\x1b\[K")
        self.assertIn("\r\x1b[K", results["bar"])
        self.assertRegex(results["lines"],
                         r"^tenure drain: stuck: 0 of 1 elections, [1-3] s\n")
        self.assertNotIn("\r", results["lines"])
        self.assertEqual([], re.findall(r"0 of 1", results["quiet"]))

    def a_reader_that_has_gone(self):
        """A drain goes on without it, and tells its result by the exit code."""
        ours, theirs = os.pipe()
        os.close(ours)
        argv = [TENURE, "drain", "--wait", "--timeout", "1500ms", self.key, "stuck"]
        done = subprocess.run(argv, env={**os.environ, **self.environment}, stderr=theirs,
                              stdout=subprocess.DEVNULL, check=False, stdin=subprocess.DEVNULL)
        os.close(theirs)
        self.assertEqual(75, done.returncode)

    def test_the_bar_of_the_benchmarks(self):
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
            out = io.StringIO()
            shown = bar.Bar(out, "bench", 4, terminal)
            shown.began -= 2
            shown.begin(1, "steady")
            print("a row", file=shown, flush=True)
            shown.close()
        text = read_terminal(ours)
        os.close(ours)
        self.assertEqual("a row\n", out.getvalue())
        line = r"\rbench: \[#{6}\.{18}\] 1 of 4, steady, 2 s\x1b\[K"
        self.assertRegex(text, f"^{line}\r\x1b\\[K{line}\r\x1b\\[K$")
        plain = io.StringIO()
        quiet = bar.Bar(plain, "bench", 4, plain)
        quiet.began -= 2
        quiet.begin(1, "steady")
        self.assertEqual("", plain.getvalue())

    def test_short_work_shows_none(self):
        begin = time.monotonic()
        code, _, errors = self.run_to_end(TENURE, "list", self.key)
        if time.monotonic() - begin < 1:
            self.assertEqual((0, ""), (code, errors))


if __name__ == "__main__":
    cases.main()
