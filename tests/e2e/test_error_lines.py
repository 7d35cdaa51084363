#!/usr/bin/env python3
"""Whatever a value has in it: an error stays one short line that a terminal only shows, it keeps
its reason and its remedy, and no secret is in it."""

import os

from support import cases
from support.processes import TENURE, TENURE_CRON

LONG = "v" * 50_000
# ESC, CSI as one character, a mark that turns the direction of the text, and no UTF-8 at all.
RUDE = os.fsdecode("a\nb\x1b[31m\u009b31m\u202ec".encode() + b"\xff")
SECRET = "s3cr3tVALUE"
JOBS = "election: e\njobs:\n"
NOWHERE = {"CONSUL_HTTP_ADDR": "127.0.0.1:1"}


class ErrorLinesTest(cases.Case):
    def refused(self, *argv, env=None, code=64):
        got, output, errors = self.run_to_end(*argv, env={**NOWHERE, **(env or {})}, timeout=10)
        self.assertEqual((code, ""), (got, output), (str(argv[1:3])[:99], errors[:500]))
        self.assertTrue(errors.endswith("\n"))
        for line in errors.splitlines():
            self.assertLess(len(line), 800, errors[:500])
        self.assertNotIn(SECRET, errors)
        return errors

    def one_line(self, *argv, **more):
        errors = self.refused(*argv, **more)
        self.assertEqual(1, errors.count("\n"), (str(argv[1:3])[:99], errors[:500]))
        self.assertTrue(all(c.isprintable() for c in errors[:-1]), errors)
        return errors

    def file(self, name, text):
        path = self.zoo.path(name)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        return path

    def of_command_lines(self, value):
        """Commands that refuse `value`, whatever it is, and words that stay in the error."""
        return [
            ((TENURE, value), None, "is not a subcommand"),
            ((TENURE, "run", "--span", value, "k", "--", "true"), None, "is not a duration"),
            ((TENURE, "run", "--group", "g", "--weight", value, "k", "--", "true"), None,
             "to 1000000"),
            ((TENURE, "run", "--" + value, "k", "--", "true"), None, "there is no option"),
            ((TENURE, "leader", "k", value), None, "not expected"),
            ((TENURE, "agent", "--listen", value), None, "HOST"),
            ((TENURE, "agent", "--node", value), None, "--node"),
            ((TENURE, "agent", "--as", value), None, "1.21"),
            ((TENURE, "policy", value, "k"), None, "sidecar"),
            ((TENURE, "completion", value), None, "bash"),
            ((TENURE, "sidecar", value), None, "name too long"),
            ((TENURE_CRON, value), None, "name too long"),
            ((TENURE, "sidecar"), {"ELECTOR_ELECTION": value}, "ELECTOR_ELECTION"),
            ((TENURE, "sidecar"), {"ELECTOR_ELECTION": "e", "ELECTOR_HTTP": value},
             "ELECTOR_HTTP"),
            ((TENURE, "leader", "k"), {"TENURE_LOG_LEVEL": value}, "(see --help)"),
        ]

    def test_long_values(self):
        for argv, env, says in self.of_command_lines(LONG):
            with self.subTest(argv=argv[1][:20] if len(argv) > 1 else argv[0]):
                self.assertIn(says, self.one_line(*argv, env=env))

    def test_values_that_a_terminal_would_obey(self):
        for argv, env, _ in self.of_command_lines(RUDE):
            with self.subTest(argv=argv[1:2]):
                self.one_line(*argv, env=env)
        says = self.one_line(TENURE, "sidecar", "no\nsuch.yaml")
        self.assertIn(r"'no\nsuch.yaml': No such file", says)
        self.one_line(TENURE_CRON, "check", self.file("a\n\x1b[31m.yaml", "- a\n"))

    def test_values_in_files(self):
        for entry in (f"  - {{name: {LONG}, schedule: '* * * * *', command: x}}",
                      f"  - {{name: a, schedule: {LONG}, command: x}}",
                      f"  - {{name: a, schedule: '* * * * *', command: x, timezone: {LONG}}}",
                      f"  - {{name: a, schedule: '* * * * *', command: x, kill: {LONG}}}",
                      f"  - {{name: a, schedule: '* * * * *', command: x, {LONG}: 1}}"):
            self.refused(TENURE_CRON, "check", self.file("jobs.yaml", JOBS + entry + "\n"))
        for text in (f"elections: [{{name: {LONG}}}]\n",
                     f"elections: [{{name: a, span: {LONG}}}]\n",
                     f"elections: [{{name: a}}]\nhttp: {{listen: ['{LONG}']}}\n"):
            self.refused(TENURE, "sidecar", "--check", self.file("sidecar.yaml", text))

    def test_addresses_to_listen_on(self):
        for address in ("unix://", "unix:///" + "p" * 200, "[::1", "::1", "[::1]]:0", "a b:80",
                        "[]:80", "h:70000", "h"):
            with self.subTest(address=address):
                self.assertRegex(self.one_line(TENURE, "agent", "--state", "none", "--listen",
                                               address), "write (HOST|unix|an IPv6)")
                self.one_line(TENURE_CRON, "--http", address,
                              self.file("j.yaml", "election: e\njobs: []\n"))
                self.assertIn("is not an address", self.refused(
                    TENURE, "sidecar", "--check",
                    self.file("s.yaml",
                              f"elections: [{{name: a}}]\nhttp: {{listen: ['{address}']}}\n")))

    def test_secrets(self):
        settings = (("--db-password=" + SECRET,), ("-pw=" + SECRET, "host=db-1"), ("-" + SECRET,))
        for words in settings:
            self.one_line(TENURE, "leader-set", *words, code=2)
        token = os.fsdecode(SECRET.encode() + b"\xff")
        self.one_line(TENURE, "sidecar", env={"TENURE_HTTP_TOKEN": token, "ELECTOR_ELECTION": "a"})
        health = (f"http://admin:{SECRET}@127.0.0.1:80/healthz", f"http://h/a b?token={SECRET}",
                  f"ftp://{SECRET}@h/")
        for url in health:
            text = f"elections: [{{name: a, command: {{run: x, health: {{http: '{url}'}}}}}}]\n"
            self.assertIn("health", self.refused(TENURE, "sidecar", "--check",
                                                 self.file("h.yaml", text)))
        for address in (f"http://h:1#token={SECRET}", f"http://u:{SECRET}%40h",
                        f"http://u:{SECRET}@h", f"http://h:1?token={SECRET}"):
            self.assertIn("it is not shown", self.one_line(
                TENURE, "leader", "k", env={"CONSUL_HTTP_ADDR": address}))

    def test_an_error_names_what_was_written(self):
        for option, variable in (("--ca-file", "CONSUL_CACERT"),
                                 ("--client-key", "CONSUL_CLIENT_KEY")):
            wrong = self.one_line(TENURE, "leader", "--http-addr", "https://127.0.0.1:1", option,
                                  "/nonexistent", "k")
            self.assertRegex(wrong, "--ca-file|--client-cert")
            self.assertNotIn("CONSUL_", wrong)
            wrong = self.one_line(TENURE, "leader", "k",
                                  env={"CONSUL_HTTP_ADDR": "https://127.0.0.1:1",
                                       variable: "/nonexistent"})
            self.assertRegex(wrong, "CONSUL_CACERT|CONSUL_CLIENT_CERT")
            self.assertNotIn("--c", wrong)


if __name__ == "__main__":
    cases.main()
