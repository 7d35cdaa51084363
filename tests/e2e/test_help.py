#!/usr/bin/env python3
"""Man pages and completion for three shells, which are made from the help."""

import os
import re
import subprocess

from support import cases
from support.processes import BUILD, TENURE, TENURE_CRON

SCHEDULER = os.path.join(BUILD, "bin", "scheduler")

COMMANDS = ["run", "lock", "list", "leader", "watch", "depose", "group", "drain", "undrain",
            "move", "pin", "unpin", "policy", "doctor", "plan", "agent", "sidecar",
            "completion", "man"]
LINKS = ["is-leader", "leader-set", "leader-get"]


def options_of(text):
    """The long options at the beginning of a line of a help text."""
    return set(re.findall(r"^  (?:-\w,)?(--[a-z][a-z-]*)", text, re.MULTILINE))


def requests_of(page):
    """The roff requests of a man page."""
    return {line.split()[0] for line in page.splitlines() if line.startswith(".")}


REQUESTS = {".TH", ".SH", ".TP", ".nf", ".fi"}

# With mistakes in all of them nothing that talks to Consul starts.
VARIABLES = {**{"TENURE_" + name: "x" for name in (
    "SPAN", "TTL", "LIVENESS", "GRACE", "DRAIN", "TRY", "SHUTDOWN", "WEIGHT", "CAPACITY",
    "LOG_LEVEL", "LOG_FORMAT", "HTTP_PRIVATE")},
    "TENURE_HTTP_TOKEN": "", "CONSUL_HTTP_ADDR": "ftp://h", "CONSUL_HTTP_SSL": "maybe",
    "CONSUL_HTTP_TOKEN_FILE": "/no/such", "CONSUL_CACERT": "/no/such"}


class HelpTest(cases.Case):
    def help(self, *words, program=TENURE):
        code, output, errors = self.run_to_end(program, *words, "--help")
        self.assertEqual((0, ""), (code, errors))
        return output

    def test_every_option_is_on_a_man_page(self):
        folder = self.zoo.path("man")
        self.assertEqual((0, "", ""), self.run_to_end(TENURE, "man", "--all", folder))
        expected = {"tenure.1", *(f"tenure-{c}.1" for c in COMMANDS), *(f"{c}.1" for c in LINKS)}
        self.assertEqual(expected, set(os.listdir(folder)))
        for command in COMMANDS + LINKS:
            name = command if command in LINKS else "tenure-" + command
            with open(os.path.join(folder, name + ".1"), encoding="utf-8") as file:
                page = file.read()
            self.assertEqual((0, page, ""), self.run_to_end(TENURE, "man", command))
            text = page.replace("\\-", "-")
            self.assertTrue(page.startswith(".TH "))
            for option in options_of(self.help(command)) | {"--help"}:
                self.assertIn(f"\\fB{option}\\fR", text, name)
            self.assertLessEqual(requests_of(page), REQUESTS, name)
        self.assertEqual(64, self.run_to_end(TENURE, "man", "nosuch")[0])
        self.assertEqual(64, self.run_to_end(TENURE, "man", "--all", "/proc/nowhere")[0])

    def test_every_option_of_cron_is_on_its_man_page(self):
        code, page, errors = self.run_to_end(TENURE_CRON, "--man")
        self.assertEqual((0, ""), (code, errors))
        self.assertTrue(page.startswith(".TH TENURE\\-CRON 1 "))
        self.assertLessEqual(requests_of(page), REQUESTS)
        for option in options_of(self.help(program=TENURE_CRON)) | {"--man", "--json", "--wait"}:
            self.assertIn(f"\\fB{option}\\fR", page.replace("\\-", "-"))
        self.assertIn("tenure\\-cron", self.run_to_end(TENURE, "man")[1])
        self.assertIn("\\fBtenure\\fR(1)", page)

    def test_mistakes_in_variables_that_are_not_used(self):
        jobs = self.zoo.path("jobs.yaml")
        with open(jobs, "w", encoding="utf-8") as file:
            file.write('election: a\njobs:\n  - {name: x, schedule: "@daily", command: x}\n')
        for line in ([TENURE_CRON, "check", jobs], [TENURE_CRON, "next", jobs],
                     *([TENURE_CRON, *words] for words in (
                         ["--help"], ["--version"], ["--man"], ["--completion", "bash"],
                         ["check", "--help"], ["list", "--help"])),
                     *([TENURE, *words] for words in (
                         ["--help"], ["--version"], ["completion", "zsh"], ["man", "run"],
                         ["policy", "run", "k"], ["run", "--help"], ["sidecar", "--help"],
                         ["agent", "--help"], ["leader", "--help"])),
                     [SCHEDULER, "--help"]):
            said = self.run_to_end(*line)
            code, output, errors = self.run_to_end(*line, env=VARIABLES)
            self.assertEqual((0, ""), (code, errors), line)
            self.assertNotEqual("", output, line)
            self.assertEqual(said[1], output, line)
        # Those that use them say so.
        for line, name in (([TENURE_CRON, jobs], "TENURE_"),
                           ([TENURE, "run", "k", "--", "true"], "TENURE_"),
                           ([TENURE_CRON, "list", "--file", jobs], "TENURE_LOG_LEVEL|CONSUL_")):
            code, output, errors = self.run_to_end(*line, env=VARIABLES)
            self.assertEqual((64, ""), (code, output), line)
            self.assertRegex(errors, name)

    def complete(self, *words, asked=(TENURE, "completion", "bash"), function="_tenure"):
        """The completions that bash offers for the last word."""
        script = self.zoo.path("completion.bash")
        with open(script, "w", encoding="utf-8") as file:
            file.write(self.run_to_end(*asked)[1])
        line = " ".join(f"'{word}'" for word in words)
        done = subprocess.run(
            ["bash", "--norc", "-c", f"source {script}; COMP_WORDS=({line}); "
             f"COMP_CWORD={len(words) - 1}; {function}; printf '%s\\n' \"${{COMPREPLY[@]}}\""],
            capture_output=True, text=True, check=True, cwd=self.folder)
        self.assertEqual("", done.stderr)
        return sorted(done.stdout.split())

    def test_bash(self):
        self.assertEqual(sorted(COMMANDS + LINKS + ["-h", "--help", "--version"]),
                         self.complete("tenure", ""))
        self.assertEqual(["leader", "leader-get", "leader-set"], self.complete("tenure", "leade"))
        self.assertEqual(["--span"], self.complete("tenure", "run", "--sp"))
        self.assertEqual(["--format"], self.complete("is-leader", "--fo"))
        self.assertEqual(["--format"], self.complete("/x/tenure", "is-leader", "--fo"))
        self.assertEqual([], self.complete("tenure", "run", "--span", ""))
        self.assertEqual(["zsh"], self.complete("tenure", "completion", "z"))
        with open(self.zoo.path("token.txt"), "w", encoding="utf-8"):
            pass
        self.assertEqual(["token.txt"], self.complete("tenure", "run", "--token-file", "tok"))
        self.assertIn("printenv", self.complete("tenure", "run", "k", "--", "printen"))
        for command in COMMANDS:
            self.assertLessEqual(options_of(self.help(command)),
                                 set(self.complete("tenure", command, "--")), command)

    def test_bash_for_cron(self):
        def complete(*words):
            return self.complete("tenure-cron", *words, function="_tenure_cron",
                                 asked=(TENURE_CRON, "--completion", "bash"))

        with open(self.zoo.path("jobs.yaml"), "w", encoding="utf-8"):
            pass
        self.assertEqual(["jobs.yaml"], complete("job"))
        self.assertEqual(["jobs.yaml"], complete("check", "job"))
        self.assertEqual(["check"], complete("che"))
        self.assertEqual([], complete("list", "job"))
        self.assertEqual(["jobs.yaml"], complete("list", "--file", "job"))
        self.assertEqual(["--limit"], complete("history", "--lim"))
        self.assertEqual(["jobs.yaml"], complete("--token-file", "job"))
        self.assertEqual(["--span"], complete("jobs.yaml", "--sp"))
        self.assertEqual([], complete("--span", ""))
        self.assertEqual(["bash", "fish", "zsh"], complete("--completion", ""))
        self.assertLessEqual(options_of(self.help(program=TENURE_CRON)), set(complete("--")))

    def test_zsh_and_fish_know_every_option_of_cron(self):
        for shell, form in (("zsh", "'{}["), ("fish", " -l {} ")):
            code, script, errors = self.run_to_end(TENURE_CRON, "--completion", shell)
            self.assertEqual((0, ""), (code, errors))
            for option in options_of(self.help(program=TENURE_CRON)) | {"--limit", "--wait"}:
                name = option if shell == "zsh" else option[2:]
                self.assertIn(form.format(name), script, shell)
        code, output, errors = self.run_to_end(TENURE_CRON, "--completion", "tcsh")
        self.assertEqual((64, ""), (code, output))
        self.assertIn("'tcsh' is not a supported shell: bash, zsh or fish", errors)

    def test_zsh_and_fish_know_every_option(self):
        for shell, form in (("zsh", "'{}["), ("fish", " -l {} ")):
            code, script, _ = self.run_to_end(TENURE, "completion", shell)
            self.assertEqual(0, code)
            for command in COMMANDS + LINKS:
                self.assertIn(command, script)
                for option in options_of(self.help(command)):
                    name = option if shell == "zsh" else option[2:]
                    self.assertIn(form.format(name), script, shell)
        self.assertEqual(64, self.run_to_end(TENURE, "completion", "tcsh")[0])


if __name__ == "__main__":
    cases.main()
