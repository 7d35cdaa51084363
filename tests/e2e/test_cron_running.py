#!/usr/bin/env python3
"""tenure-cron: the attempts of a run, what a job gets and does not get, why it was stopped, and
where its output goes."""

import collections
import glob
import json
import os
import re

from support import cases
from support.processes import TENURE_CRON, wait_until

LINE = re.compile(r"(\S+Z) \[(\S+) (\S+Z) (out|err)(\+?)\] (.*)")
LONG = 1_000_000

JOBS = """
  - name: retried
    schedule: "@every 1s"
    command: echo "$TENURE_RUN $TENURE_ATTEMPT" >> attempts; echo "try $TENURE_ATTEMPT"; exit 3
    retries: {attempts: 2, backoff: 50ms, most: 100ms}
    on_failure: cat >> records; exit 9
  - name: late
    schedule: "@every 1s"
    command: [sleep, "30"]
    timeout: 300ms
    on_failure: [sh, -c, "cat >> late-records"]
  - name: env
    schedule: "@every 1s"
    command: env > env.new; mv env.new env.seen
    env: {MINE: job}
    env_file: job.env
    pass_env: [TENURE_NAMED_TOKEN]
  - name: no_env_file
    schedule: "@every 1s"
    command: touch never
    env_file: [job.env, missing.env]
  - name: input
    schedule: "@every 1s"
    command: [cat]
    stdin: |
      first
      second
  - name: streams
    schedule: "@every 1s"
    command: printf 'to out\\n'; printf 'to \\033err\\0\\n' >&2
  - name: long
    schedule: "@every 2s"
    command: head -c 1000000 /dev/zero | tr '\\0' x; echo; echo after
  - name: filed
    schedule: "@every 1s"
    command: seq 1 100
    output: {file: filed.log, size: 2KB, keep: 2}
  - name: parent
    schedule: "@every 1s"
    command: sleep 30 & echo started
"""


class CronRunningTest(cases.ServerCase):
    def cron(self, name, *options, env=None):
        path = self.zoo.path(f"{name}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}/{name}\njobs:\n{JOBS}")
        return self.start(TENURE_CRON, "--value", name, "--log-level", "debug", *options, path,
                          cwd=self.folder, env=env)

    def lines(self, process, job):
        """Its lines, with the parts of a long one joined, by stream."""
        by_stream = collections.defaultdict(list)
        open_line = collections.defaultdict(str)
        for line in self.zoo.output_lines(process):
            match = LINE.fullmatch(line)
            self.assertTrue(match, line[:200])
            if match[2] != job:
                continue
            place = (match[3], match[4])
            open_line[place] += match[6]
            if not match[5]:
                by_stream[match[4]].append(open_line.pop(place))
        return by_stream

    def has_event(self, process, *parts):
        return any(all(part in line for part in parts) for line in self.zoo.error_lines(process))

    def test_runs(self):
        with open(self.zoo.path("job.env"), "w", encoding="utf-8") as file:
            file.write("# a comment\nMINE=file\nexport QUOTED=\"two\\nlines\"\n")
        secret = "a-secret-of-the-replica"
        process = self.cron("text", env={
            "CONSUL_HTTP_AUTH": secret + ":x", "TENURE_OTHER_TOKEN": secret,
            "TENURE_NAMED_TOKEN": "named"})
        wait = lambda condition, what: wait_until(condition, 20, what=what)

        wait(lambda: self.zoo.lines("records"), "on_failure")
        attempts = collections.defaultdict(list)
        for line in self.zoo.lines("attempts"):
            run, number = line.split()
            attempts[run].append(number)
        record = json.loads(self.zoo.lines("records")[0])
        self.assertEqual([str(n + 1) for n in range(record["attempts"])], attempts[record["run"]])
        self.assertGreater(record["attempts"], 1)
        self.assertEqual(("retried", "failed", 3, "exited with 3"),
                         (record["job"], record["state"], record["exit_code"], record["text"]))
        self.assertIn("try 1\ntry 2", record["tail"])
        wait(lambda: self.has_event(process, "on_failure command failed", "job=retried",
                                    'outcome="exited with 9"'), "the failed on_failure")

        wait(lambda: self.zoo.lines("late-records"), "the record of a time-out")
        late = json.loads(self.zoo.lines("late-records")[0])
        self.assertEqual(("stopped", "timeout", 1),
                         (late["state"], late["cause"], late["attempts"]))
        self.assertTrue(self.has_event(process, "job timed out", "job=late", "cause=timeout"))

        wait(lambda: os.path.exists(self.zoo.path("env.seen")), "the environment")
        with open(self.zoo.path("env.seen"), encoding="utf-8") as file:
            seen = file.read()
        self.assertNotIn(secret, seen)
        for variable in ("MINE=job\n", "QUOTED=two\nlines\n", "TENURE_NAMED_TOKEN=named\n",
                         "CONSUL_HTTP_ADDR=", "TENURE_TRIGGER=schedule\n", "TENURE_ATTEMPT=1\n"):
            self.assertIn(variable, seen)
        wait(lambda: self.has_event(process, "job not started", "job=no_env_file",
                                    "env_file missing.env: No such file"), "the missing file")
        self.assertFalse(os.path.exists(self.zoo.path("never")))

        wait(lambda: len(self.lines(process, "input")["out"]) >= 2, "the job with input")
        self.assertEqual(["first", "second"], self.lines(process, "input")["out"][:2])
        wait(lambda: self.lines(process, "streams")["err"], "standard error")
        self.assertEqual("to \\x1berr\\x00", self.lines(process, "streams")["err"][0])
        self.assertEqual("to out", self.lines(process, "streams")["out"][0])
        wait(lambda: len(self.lines(process, "long")["out"]) >= 2, "the long line")
        self.assertEqual(["x" * LONG, "after"], self.lines(process, "long")["out"][:2])
        wait(lambda: self.has_event(process, "job left processes behind", "job=parent"), "children")

        files = lambda: sorted(glob.glob(self.zoo.path("filed.log*")))
        wait(lambda: len(files()) == 3, "rotated files")
        wait(lambda: self.has_event(process, "job succeeded", "job=filed"), "the end of a run")
        process.terminate()
        self.assertEqual(0, process.wait(10))
        self.assertEqual(["filed.log", "filed.log.1", "filed.log.2"],
                         [os.path.basename(name) for name in files()])
        for name in files():
            self.assertLessEqual(os.path.getsize(name), 2000)
        with open(files()[0], encoding="utf-8") as file:
            for line in file:
                self.assertRegex(line, r" \[filed \S+Z out\] \d+$")

    def test_json(self):
        with open(self.zoo.path("job.env"), "w", encoding="utf-8"):
            pass
        process = self.cron("json", "--log-format", "json")

        def objects():
            return [json.loads(line) for line in self.zoo.output_lines(process)]

        def all_came():
            seen = {(o["job"], o["stream"], o["attempt"]) for o in objects()}
            return seen >= {("streams", "err", 1), ("retried", "out", 3)}

        wait_until(all_came, 20, what="lines of the jobs")
        wait_until(lambda: self.has_event(process, '"job failed"', '"retried"'), 20,
                   what="the end of the run")
        process.terminate()
        self.assertEqual(0, process.wait(10))
        err = next(o for o in objects() if o["job"] == "streams" and o["stream"] == "err")
        self.assertEqual("to \x1berr\0", err["line"])
        self.assertRegex(err["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertTrue(err["run"])
        second = next(o for o in objects() if o["job"] == "retried" and o["attempt"] == 2)
        self.assertEqual("try 2", second["line"])
        events = [json.loads(line) for line in self.zoo.error_lines(process)]
        failed = next(e for e in events if e["msg"] == "job failed" and e["job"] == "retried")
        self.assertEqual(("warning", "exited with 3"), (failed["level"], failed["outcome"]))


if __name__ == "__main__":
    cases.main(needs_consul=True)
