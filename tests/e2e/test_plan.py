#!/usr/bin/env python3
"""tenure plan: what docs/scale.md shows is what it prints; its constants are what the results of
the benchmarks give; and what it refuses."""

import json
import os
import re

from support import cases
from support.processes import TENURE

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DOCS = os.path.join(ROOT, "docs", "scale.md")
SMALL = ["--elections", "1000", "--processes", "4"]


class PlanTest(cases.Case):
    def plan(self, *words):
        code, output, errors = self.run_to_end(TENURE, "plan", "--json", *words)
        self.assertEqual((0, ""), (code, errors), words)
        return json.loads(output)

    def test_the_documentation_shows_what_it_prints(self):
        with open(DOCS, encoding="utf-8") as file:
            text = file.read()
        shown = re.findall(r"^    \$ tenure (plan [^\n]*)\n((?:(?:    [^\n]*)?\n)+?)(?=^\S|\Z)",
                           text, re.MULTILINE)
        self.assertGreaterEqual(len(shown), 5)
        for words, block in shown:
            expected = "\n".join(line[4:] for line in block.splitlines()).rstrip("\n") + "\n"
            code, output, errors = self.run_to_end(TENURE, *words.split())
            self.assertEqual((0, ""), (code, errors))
            self.assertEqual(expected, output, words)

    def test_the_constants_are_those_of_the_results(self):
        script = os.path.join(ROOT, "bench", "constants")
        self.assertEqual((0, "", ""), self.run_to_end(script, "--check"))

    def test_counts_follow_the_options(self):
        one = self.plan(*SMALL)
        second = one["cluster"]["a_second"]
        self.assertAlmostEqual(second["requests"],
                               second["proofs"] + second["polls"] + second["renewals"], 3)
        self.assertEqual(4, one["cluster"]["sessions"])
        longer = self.plan(*SMALL, "--span", "60s", "--stop-budget", "5s")
        self.assertLess(longer["cluster"]["a_second"]["proofs"], second["proofs"] / 3)
        alive = self.plan(*SMALL, "--liveness", "3s")["cluster"]["a_second"]
        self.assertAlmostEqual(4, alive["heartbeats"])
        apart = self.plan("--elections", "4000", "--processes", "16", "--clusters", "4")
        self.assertEqual(one["cluster"], apart["cluster"])
        self.assertEqual(4, apart["clusters"])
        crowd = self.plan("--elections", "10", "--processes", "500")
        self.assertEqual(1, crowd["process"]["enters"])
        chosen = self.plan(*SMALL, "--watch-prefixes", "7")
        self.assertEqual(7, chosen["process"]["queries"])
        busy = self.plan(*SMALL, "--changes", "100")
        self.assertGreater(busy["cluster"]["server_cores"], one["cluster"]["server_cores"])

    def test_bad_usage(self):
        for words, says in ((["--elections", "1"], "--processes is required"),
                            (["--elections", "0", "--processes", "1"], "'0' is not a whole"),
                            (["--elections", "-1", "--processes", "1"], "--elections: '-1'"),
                            (["--elections", "0x10", "--processes", "1"], "'0x10'"),
                            (["--elections", "9" * 19, "--processes", "1"], "9' is not"),
                            (["--elections", "5", "--processes", "0"], "--processes: '0'"),
                            ([*SMALL, "--sessions", "0"], "--sessions"),
                            ([*SMALL, "--watch-prefixes", "0x1"], "--watch-prefixes"),
                            ([*SMALL, "--wait", "0s"], "--wait: must be 1s or more"),
                            ([*SMALL, "--wait", "999ms"], "--wait"),
                            ([*SMALL, "--liveness", "1ns"], "--liveness"),
                            ([*SMALL, "--changes", "nan"], "--changes: 'nan' is not a number"),
                            ([*SMALL, "--changes", "inf"], "'inf'"),
                            ([*SMALL, "--changes", "1e400"], "'1e400'"),
                            ([*SMALL, "--changes", "0x10"], "'0x10'"),
                            ([*SMALL, "--watch-prefixes", "1000000"],
                             "--watch-prefixes: at most 26 with 40 connections"),
                            (["--elections", "10", "--processes", "4", "--watch-prefixes", "7"],
                             "--watch-prefixes: at most 5, the elections"),
                            ([*SMALL, "--contenders", "5"], "--contenders: at most 4"),
                            ([*SMALL, "--group", "--contenders", "3"], "--contenders: in a group"),
                            (["--elections", "10", "--processes", "500", "--contenders", "2"],
                             "--contenders: at least 50"),
                            ([*SMALL, "--clusters", "5"], "--clusters"),
                            ([*SMALL, "--operations", "65"], "--operations"),
                            ([*SMALL, "--span", "1ms"], "span"),
                            ([*SMALL, "--connections", "1"], "--connections"),
                            ([*SMALL, "--changes", "-1"], "--changes")):
            code, output, errors = self.run_to_end(TENURE, "plan", *words)
            self.assertEqual((64, ""), (code, output), words)
            self.assertIn(says, errors)
            self.assertEqual(1, len(errors.splitlines()), errors)


if __name__ == "__main__":
    cases.main()
