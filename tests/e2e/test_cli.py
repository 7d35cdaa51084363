#!/usr/bin/env python3
"""Command lines and files: useful help, one clear line for each error, exit codes."""

import os

from support import cases
from support.processes import SANITIZED, TENURE, TENURE_CRON

DEMO_JOBS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "apps", "demo",
                         "jobs.yaml")


class CommandLineTest(cases.Case):
    def refused(self, *argv, says, code=64, env=None):
        got, output, errors = self.run_to_end(*argv, env=env, timeout=5)
        self.assertEqual((code, "", 1), (got, output, len(errors.splitlines())), (argv, errors))
        self.assertIn(says, errors)
        return errors

    def test_help_names_what_users_need(self):
        for argv, words in (
                ([TENURE], ["run", "leader", "watch", "depose", "agent", "CONSUL_HTTP_ADDR"]),
                ([TENURE, "run"], ["KEY -- COMMAND", "--value", "--span", "--ttl", "--lock-delay",
                                   "--try", "--respawn", "--grace", "--group", "--member",
                                   "--weight", "--capacity", "--http-addr", "--token",
                                   "--token-file", "--log-level", "TENURE_FENCE", "guardian",
                                   "SIGKILL", "64", "69", "70", "75", "./backup.sh"]),
                ([TENURE, "leader"], ["--json", "1 if there is no leader", "psql"]),
                ([TENURE, "watch"], ["--json", "while read"]),
                ([TENURE, "depose"], ["1 if there is no leader"]),
                ([TENURE, "group"], ["--json", "--watch", "SHARE", "1 if the group has no"]),
                ([TENURE, "drain"], ["--wait", "--timeout", "--force", "undrain", "75"]),
                ([TENURE, "move"], ["--group", "--timeout", "1 if there is no such member", "75"]),
                ([TENURE, "pin"], ["--group", "--force", "drain"]),
                ([TENURE, "sidecar"], ["elections:", "http:", "--check", "ELECTOR_ELECTION",
                                       "CONSUL_LEADER", "--probe-address", "64", "69"]),
                ([TENURE, "agent"], ["--listen", "127.0.0.1:8500"]),
                ([TENURE_CRON], ["election:", "schedule:", "TENURE_TICK", "check", "--drain",
                                 "--label", "--http-token", "SIGHUP", "64"])):
            code, output, errors = self.run_to_end(*argv, "--help")
            self.assertEqual((0, ""), (code, errors))
            for word in words:
                self.assertIn(word, output)
            if argv != [TENURE]:
                self.assertEqual(output, self.run_to_end(*argv, "-h")[1])

    def test_versions(self):
        """The commit is the one that was built, which a later one may follow."""
        source = os.path.dirname(os.path.abspath(__file__))
        known = self.run_to_end("git", "-C", source, "rev-parse", "HEAD")[0] == 0
        commit = r" \(commit [0-9a-f]{12}(-dirty)?\)" if known else ""
        for program in (TENURE, TENURE_CRON):
            line = self.run_to_end(program, "--version")[1]
            self.assertRegex(line, rf"^{os.path.basename(program)} \d+\.\d+\.\d+{commit}\n$")

    def test_too_few_descriptors(self):
        if SANITIZED:
            print("skipped: UBSan opens a pipe to check a pointer to a virtual table")
            return
        for most in range(4, 13):
            code, _, errors = self.run_to_end("sh", "-c", 'ulimit -n "$0"; exec "$@"', str(most),
                                              TENURE, "run", "k", "--", "true")
            self.assertEqual((71, 1), (code, len(errors.splitlines())), (most, errors))
            self.assertIn("Too many open files; raise the limit of open files: ulimit -n", errors)

    def test_bad_usage_gets_one_line(self):
        for says, *argv in (
                ("subcommand", ),
                ("'rnu' is not a subcommand", "rnu"),
                ("KEY is required", "run"),
                ("KEY is required", "leader"),
                ("the command is missing", "run", "k"),
                ("the command is missing", "run", "k", "--"),
                ("not expected: true; the command comes after --", "run", "k", "true"),
                ("these words were not expected: echo hi", "run", "k", "echo", "hi"),
                ("no option -l; the command comes after --", "run", "k", "ls", "-l"),
                ("--nope", "run", "--nope", "k", "--", "true"),
                ("not expected: b", "leader", "a", "b"),
                ("--span: '5x' is not a duration: write it as 500ms", "run", "--span", "5x", "k",
                 "--", "true"),
                ("--span", "run", "--span", "15", "k", "--", "true"),
                ("--ttl", "run", "--ttl", "-1s", "k", "--", "true"),
                ("--grace", "run", "--grace", "1.5s", "k", "--", "true"),
                ("--try: 'soon' is not a duration", "run", "--try=soon", "k", "--", "true"),
                ("not expected: k; a time for --try comes after =: --try=1s", "run", "--try", "1s",
                 "k", "--", "true"),
                ("--try: 0 leaves no time", "run", "--try=0", "k", "--", "true"),
                ("ttl 5s is out of range", "run", "--ttl", "5s", "k", "--", "true"),
                ("span", "run", "--span", "100ms", "k", "--", "true"),
                ("stop budget 3s is out of range", "run", "--span", "3s", "--grace", "3s", "k",
                 "--", "true"),
                ("lock", "run", "--lock-delay", "2m", "k", "--", "true"),
                ("slash", "run", "/k", "--", "true"),
                ("--weight: only with --group", "run", "--weight", "5", "k", "--", "true"),
                ("--member: only with --group", "run", "--member", "m", "k", "--", "true"),
                ("a/b", "run", "--group", "g", "--member", "a/b", "k", "--", "true"),
                ("--weight", "run", "--group", "g", "--weight", "-1", "k", "--", "true"),
                ("PREFIX is required", "group"),
                ("the prefix of a group cannot be empty", "group", "/"),
                ("MEMBER is required", "drain", "g"),
                ("--timeout: only with --wait", "drain", "--timeout", "5s", "g", "m"),
                ("MEMBER is required", "pin", "k"),
                ("KEY is required", "unpin"),
                ("MEMBER is required", "move", "k"),
                ("--timeout: '5x' is not a duration", "move", "--timeout", "5x", "k", "m"),
                ("--log-level", "run", "--log-level", "loud", "k", "--", "true"),
                ("/no/such", "leader", "--http-addr", "https://consul:8501", "--ca-file",
                 "/no/such", "k"),
                ("--http-addr", "leader", "--http-addr"),
                ("the token command 'exit 3' printed no token (it exited with status 3)", "leader",
                 "--token-command", "exit 3", "k"),
                ("--token-command: leave out", "leader", "--token-command", "echo x", "--token",
                 "y", "k"),
                ("--token-command-interval: there is no", "leader", "--token-command-interval",
                 "5m", "k"),
                ("/no/such", "leader", "--token-file", "/no/such", "k")):
            self.refused(TENURE, *argv, says=says)
        self.refused(TENURE_CRON, says="FILE is required")
        self.refused(TENURE_CRON, "--span", "x", "f", says="--span: 'x' is not a duration")
        self.refused(TENURE_CRON, "/no/such/file", says="cannot read '/no/such/file'")
        self.refused(TENURE_CRON, self.folder, says="cannot read")

    def test_the_environment_is_checked(self):
        run = [TENURE, "run", "k", "--", "true"]
        for name, value, says in (
                ("TENURE_SPAN", "long", "TENURE_SPAN: 'long' is not a duration"),
                ("TENURE_SPAN", "25h", "TENURE_SPAN: span 1d1h is out of range"),
                ("TENURE_TTL", "5s", "TENURE_TTL: ttl 5s is out of range"),
                ("TENURE_LOCK_DELAY", "2m", "TENURE_LOCK_DELAY: lock-delay 2m"),
                ("TENURE_GRACE", "1h", "TENURE_GRACE: stop budget 1h"),
                ("TENURE_TRY", "0", "TENURE_TRY: 0 leaves no time"),
                ("TENURE_LIVENESS", "1ms", "TENURE_LIVENESS: 1ms is out of range"),
                ("TENURE_WEIGHT", "5", "TENURE_WEIGHT: only with --group"),
                ("TENURE_WEIGHT", "x", "TENURE_WEIGHT"),
                ("TENURE_CAPACITY", "-1", "TENURE_CAPACITY"),
                ("TENURE_LOG_LEVEL", "loud", "TENURE_LOG_LEVEL: ")):
            errors = self.refused(*run, env={name: value}, says=says)
            option = "--" + name.removeprefix("TENURE_").lower().replace("_", "-")
            self.assertNotIn(option, errors)
        self.refused(*run, env={"TENURE_GROUP": "g", "TENURE_MEMBER": "a/b"},
                     says="TENURE_MEMBER: ")
        self.refused(TENURE, "run", "--span", "5x", "k", "--", "true", env={"TENURE_SPAN": "long"},
                     says="--span: '5x'")

    def test_bytes_that_are_not_utf_8(self):
        bad = b"a\xff"
        for argv in ((TENURE, "run", bad, "--", "true"),
                     (TENURE, "run", "--value", bad, "k", "--", "true"),
                     (TENURE, "run", "--member", bad, "--group", "g", "k", "--", "true"),
                     (TENURE, "lock", bad, "true"), (TENURE, "leader", bad), (TENURE, "list", bad),
                     (TENURE, "depose", bad), (TENURE, "drain", "g", bad),
                     (TENURE, "leader", "--token", bad, "k"),
                     (TENURE, "sidecar", "--election", bad)):
            self.refused(*argv, says="is not UTF-8")
        for name in ("TENURE_VALUE", "TENURE_GROUP"):
            self.refused(TENURE, "run", "k", "--", "true", env={name: bad},
                         says=name + ": is not UTF-8: \"a\\xff\"")

    def test_the_environment_of_consul_is_checked(self):
        run = [TENURE, "run", "k", "--", "true"]
        self.refused(*run, env={"CONSUL_HTTP_SSL": "true", "CONSUL_CACERT": "/no/such"},
                     says="CONSUL_CACERT")
        self.refused(*run, env={"CONSUL_HTTP_TOKEN_FILE": "/no/such"}, says="/no/such")
        self.refused(*run, env={"TENURE_LOG_LEVEL": "loud"}, says="loud")

    def test_the_options_of_the_command_are_not_parsed(self):
        # The only error is that there is no Consul.
        code, _, errors = self.run_to_end(TENURE, "run", "--try=1s", "--http-addr", "127.0.0.1:1",
                                          "k", "--", "true", "--span", "--help", "--", "-x")
        self.assertEqual(69, code, errors)

    def test_the_token_is_not_shown(self):
        _, output, errors = self.run_to_end(
            TENURE, "run", "--try=1s", "--http-addr", "127.0.0.1:1", "--log-level", "trace",
            "--token", "s3cr3t", "k", "--", "true", env={"CONSUL_HTTP_AUTH": "u:s3cr3t"})
        self.assertNotIn("s3cr3t", output + errors)


class JobsFileTest(cases.Case):
    def check(self, text, *options):
        with open(self.zoo.path("jobs.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        return self.run_to_end(TENURE_CRON, *options, "jobs.yaml", cwd=self.folder, timeout=5)

    def test_a_correct_file(self):
        good = 'election: a/b\njobs:\n  - {name: x, schedule: "@daily", command: "true"}\n'
        code, output, errors = self.check(good, "check")
        self.assertEqual((0, ""), (code, errors))
        self.assertTrue(output.startswith("jobs.yaml: 1 job for the leader of a/b\nx: @daily ("))
        self.assertEqual(0, self.run_to_end(TENURE_CRON, "check", DEMO_JOBS)[0])

    def test_all_mistakes_are_listed(self):
        bad = ('elections: a\n'
               'jobs:\n'
               '  - name: x\n'
               '    schedule: "* * * *"\n'
               '    command: []\n'
               '    timeout: never\n'
               '  - name: x\n'
               '    schedule: "@daily"\n')
        for options in ([], ["check"]):
            code, output, errors = self.check(bad, *options)
            self.assertEqual((64, ""), (code, output))
            numbers = [int(line.split(":")[1]) for line in errors.splitlines()]
            self.assertEqual([1, 1, 4, 5, 6, 7, 7], numbers)
            self.assertTrue(all(line.startswith("jobs.yaml:") for line in errors.splitlines()))

    def test_text_that_is_not_yaml(self):
        code, output, errors = self.check("election: a\njobs: [\n")
        self.assertEqual((64, "", 1), (code, output, len(errors.splitlines())))
        self.assertIn("not YAML", errors)


if __name__ == "__main__":
    cases.main()
