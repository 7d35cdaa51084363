#!/usr/bin/env python3
"""tenure policy: what docs/consul.md shows is what it prints, and what it refuses."""

import os
import re

from support import cases
from support.processes import TENURE

DOCS = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "consul.md")


class PolicyTest(cases.Case):
    def test_the_documentation_shows_what_it_prints(self):
        with open(DOCS, encoding="utf-8") as file:
            section = file.read().partition("## ACL policies")[2].partition("\n## ")[0]
        shown = re.findall(r"\n    \$ tenure (policy [^\n]*)\n((?:    [^\n]*\n)+)", section)
        self.assertGreaterEqual(len(shown), 5)
        for words, text in shown:
            expected = "".join(line[4:] + "\n" for line in text.splitlines())
            self.assertEqual((0, expected, ""), self.run_to_end(TENURE, *words.split()), words)

    def test_a_comment_says_what_lists_of_many_keys_need(self):
        keys = [f"jobs/{number}" for number in range(9)]
        output = self.run_to_end(TENURE, "policy", "library", *keys)[1]
        self.assertIn('\n# key_prefix "jobs/" { policy = "list" }\n', output)
        self.assertIn("acl.enable_key_list_policy", output)

    def test_bad_usage(self):
        for words, says in ((["fly", "k"], "'fly' is no program"),
                            (["run"], "a KEY is missing"),
                            (["run", "/k"], "'/k' begins with a slash"),
                            (["lock", "/"], "'/' begins with a slash"),
                            (["run", "-n", "2", "k"], "-n: only for lock"),
                            (["lock", "-n", "0", "k"], "'0' is not a whole number from 1"),
                            (["watch", "--settings", "k"], "--settings: only for"),
                            (["lock", "--liveness", "k"], "--liveness: only for"),
                            (["run", "--service", "x", "k"], "--service: only for"),
                            (["run", "--name", "x", "k"], "--name: only with --liveness"),
                            (["list", "--node", "n", "k"], "--node: only for"),
                            (["lock", "--group", "g", "k"], "--group: only for"),
                            (["run", "--spread", "k"], "--spread: only for cron"),
                            (["run", "--ledger", "x", "k"], "--ledger: only for cron"),
                            (["run", ""], "the key is empty"),
                            (["list", ""], "the key is empty"),
                            (["depose", ""], "the key is empty"),
                            (["run", "r/../x"], "between slashes"),
                            (["group", "a\nb"], "U+000A"),
                            (["lock", "a//b"], "// in it"),
                            (["sidecar", "x", "--service", ""], "--service: the value is empty"),
                            (["sidecar", "x", "--group", ""], "--group: the value is empty"),
                            (["library", "--semaphore", ""], "--semaphore: the value is empty"),
                            (["library", "--semaphore", "a/../b"], "between slashes"),
                            (["run", "--node", "", "x"], "--node: the value is empty"),
                            (["cron", "--ledger", "", "x"], "--ledger: the value is empty"),
                            (["cron", "--ledger", "a//b", "x"], "// in it"),
                            (["drain"], "a KEY is missing"),
                            (["drain", "--liveness", "g"], "--liveness: only for")):
            code, output, errors = self.run_to_end(TENURE, "policy", *words)
            self.assertEqual((64, ""), (code, output), words)
            self.assertEqual(1, len(errors.splitlines()), errors)
            self.assertIn(says, errors)


if __name__ == "__main__":
    cases.main()
