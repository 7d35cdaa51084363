#!/usr/bin/env python3
"""The subcommands of tenure-cron: check and next, which need no Consul, and those of operators:
list, history, run, pause, resume."""

import datetime
import json
import os
import time

from support import cases
from support.processes import SLACK, TENURE_CRON, wait_until


class CronCommandsTest(cases.ServerCase):
    def write(self, text, name="jobs.yaml"):
        path = self.zoo.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def cron(self, *words):
        return self.run_to_end(TENURE_CRON, *words, cwd=self.folder)

    def test_check(self):
        self.write("""election: x
jobs:
  - {name: late, schedule: "CRON_TZ=Europe/Berlin 30 2 * * *", command: x}
  - {name: once, at: "2020-01-01T00:00", command: x}
""")
        code, output, errors = self.cron("check", "jobs.yaml")
        self.assertEqual((0, ""), (code, errors))
        lines = output.splitlines()
        self.assertEqual("jobs.yaml: 2 jobs for the leader of x", lines[0])
        self.assertEqual("late: CRON_TZ=Europe/Berlin 30 2 * * * (Europe/Berlin)", lines[1])
        for line in lines[2:7]:
            self.assertRegex(line, r"^  \w{3} \d{4}-\d\d-\d\d 0[23]:\d0:00 \+0[12]:00$")
        self.assertEqual("  no more runs", lines[8])
        self.write("election: x\njobs:\n  - name: a\n    schedul: '@daily'\n    command: x\n",
                   "check")
        code, output, errors = self.cron("check", "./check")
        self.assertEqual((64, ""), (code, output))
        self.assertEqual(["./check:3:5: job 'a' has no schedule, nor at: for a single run",
                          "./check:4:5: unknown key 'schedul' in a job: did you mean 'schedule'?"],
                         errors.splitlines())
        for name in ("folder/a.yaml", "folder/a.yml", "folder/b.yaml", "folder/c.yaml"):
            os.makedirs(self.zoo.path("folder"), exist_ok=True)
            self.write("election: " + name + "\njobs: none\n", name)
        code, output, errors = self.cron("check", "folder")
        self.assertEqual((64, ""), (code, output))
        self.assertEqual(4, len(errors.splitlines()), errors)
        for text in ("same name", "a.yaml:2:7:", "b.yaml:2:7:", "c.yaml:2:7:"):
            self.assertIn(text, errors)
        self.assertEqual(64, self.cron("./check")[0])
        self.assertEqual(64, self.cron("check")[0])
        self.assertEqual(64, self.cron()[0])

    def test_check_of_a_pipe(self):
        """It can be read only once."""
        path = self.write("election: x\njobs:\n  - {name: a, schedule: '@daily', command: x}\n")
        for line in (f'"$1" check <(cat {path})', f'cat {path} | "$1" check /dev/stdin'):
            code, output, errors = self.run_to_end("bash", "-c", line, "bash", TENURE_CRON)
            self.assertEqual((0, ""), (code, errors), line)
            self.assertIn(": 1 job for the leader of x", output)

    def test_check_of_tenants_that_share_keys(self):
        """What a replica refuses, check refuses as well."""
        os.mkdir(self.zoo.path("tenants"))
        job = "jobs:\n  - {name: backup, schedule: '@daily', command: x}\n"
        self.write("election: team/x\nspread: true\n" + job, "tenants/a.yaml")
        self.write("election: team/x\nledger: other\n" + job, "tenants/b.yaml")
        self.write("election: team/x/backup\n" + job, "tenants/c.yaml")
        self.write("election: team/y\nledger: tenure-cron/team/x\n" + job, "tenants/d.yaml")
        self.write("election: team/z\n" + job, "tenants/e.yaml")
        code, output, errors = self.cron("check", "tenants")
        self.assertEqual(64, code)
        self.assertEqual(["tenants/a.yaml: 1 job for the leader of team/x",
                          "tenants/e.yaml: 1 job for the leader of team/z"],
                         [line for line in output.splitlines() if "leader" in line])
        self.assertEqual(
            ["tenants/b.yaml:1:1: the election 'team/x' is that of tenants/a.yaml",
             "tenants/c.yaml:1:1: the election 'team/x/backup' lies below the election 'team/x' of "
             "tenants/a.yaml",
             "tenants/d.yaml:1:1: the ledger 'tenure-cron/team/x' is that of tenants/a.yaml"],
            errors.splitlines())

    def test_next(self):
        self.write("""election: x
timezone: Asia/Tokyo
jobs:
  - {name: hourly, schedule: "@hourly", command: x}
  - {name: daily, schedule: "0 12 * * *", command: x}
""")
        code, output, errors = self.cron("next", "jobs.yaml", "--json", "--count", "2")
        self.assertEqual((0, ""), (code, errors))
        runs = [json.loads(line) for line in output.splitlines()]
        self.assertEqual(["daily", "daily", "hourly", "hourly"], sorted(r["job"] for r in runs))
        self.assertEqual([r["tick"] for r in runs], sorted(r["tick"] for r in runs))
        for run in runs:
            at = datetime.datetime.fromisoformat(run["local"])
            self.assertEqual((run["tick"], 9 * 3600),
                             (at.timestamp(), at.utcoffset().total_seconds()))
            self.assertEqual("Asia/Tokyo", run["zone"])
        self.assertEqual(7, len(self.cron("next", "jobs.yaml", "daily", "--count", "7")[1]
                                .splitlines()))
        code, _, errors = self.cron("next", "jobs.yaml", "dayly")
        self.assertEqual(64, code)
        self.assertIn("'dayly' is no job of jobs.yaml: did you mean 'daily'?", errors)

    def test_operators(self):
        self.write(f"""election: {self.key}
jobs:
  - {{name: tick, schedule: "@every 1s", command: "echo run $TENURE_TICK"}}
  - {{name: list, schedule: "@yearly", command: "echo one; echo two; exit $CODE",
     env: {{CODE: 3}}}}
  - {{name: all, schedule: "@yearly", command: "true", run_on: all}}
""")
        where = ("--file", "jobs.yaml")
        self.assertEqual(1, self.cron("list", "--election", self.key)[0])
        code, output, _ = self.cron("list", "--json", *where)
        self.assertEqual((0, ["tick", "list", "all"]),
                         (code, [json.loads(line)["job"] for line in output.splitlines()]))
        self.assertEqual(["none", "none", "-"], self.leaders(*where))
        self.assert_unknown("run", "nosuch", *where, says="the jobs file has no job 'nosuch'")
        self.assert_unknown("pause", "nosuch", *where, says="the jobs file has no job 'nosuch'")
        self.assert_unknown("history", "list", *where, says="no job 'list' yet: no replica has led")
        self.assert_unknown("run", "all", *where, says="'all' has run_on: all: its hosts run it")
        early = self.cron("run", "list", *where)
        self.assertEqual(0, early[0], early)  # its first leader takes the order
        self.start(TENURE_CRON, "--member", "host-a", "--value", "node-a", "jobs.yaml",
                   cwd=self.folder)
        wait_until(lambda: early[1].strip() in self.cron("history", "list", "--json", *where)[1],
                   30 * SLACK, pause=0.2, what="the run that was ordered early")
        wait_until(lambda: self.cron("history", "all", "--member", "host-a", *where)[0] == 0,
                   30 * SLACK, pause=0.2, what="the ledger of the host")
        by_key = ("--election", self.key)
        self.assertEqual(["node-a", "node-a", "-"], sorted(self.leaders(*where), reverse=True))
        self.assertEqual(["-"] * 3, self.leaders("--ledger", "tenure-cron/" + self.key))
        self.assert_unknown("history", "all", *by_key, says="name a host with --member (host-a)")
        self.assert_unknown("run", "all", *by_key, says="(host-a)")
        self.assertEqual("all: is not paused\n", self.cron("resume", "all", *by_key)[1])

        def jobs():
            code, output, _ = self.cron("list", "--json", "--election", self.key)
            return {j["job"]: j for j in map(json.loads, output.splitlines())} if code == 0 else {}

        def records(*options):
            code, output, _ = self.cron("history", "tick", "--json", *options, *where)
            return [json.loads(line) for line in output.splitlines()] if code == 0 else []

        wait_until(lambda: len(records()) >= 3, 30 * SLACK, pause=0.2, what="three records")
        self.assert_unknown("history", "tick", "--member", "host-a", *where, says="no job 'tick'")
        two = records("--limit", "2")
        self.assertEqual(2, len(two))
        self.assertEqual("succeeded", two[0]["ending"])
        self.assertGreater(two[0]["tick"], two[1]["tick"])
        self.assertTrue(two[0]["tail"].startswith("run 20"), two[0])
        self.all_at_once(lambda: self.run_a_job(where),
                         lambda: self.pause_a_job(where, jobs, records))

    def test_a_document_that_cannot_be_read(self):
        where = ("--election", self.key)
        key = f"tenure-cron/{self.key}/jobs/odd"
        self.consul.put(key, "not a document")
        self.assert_unknown("history", "odd", *where, says=f"'odd' cannot be read (key {key})")
        self.assertEqual("odd: paused\n", self.cron("pause", "odd", *where)[1])
        self.assertEqual(0, self.cron("run", "odd", *where)[0])

    def leaders(self, *where):
        """The fourth column of the table; no schedule or state here has a space."""
        lines = self.cron("list", *where)[1].splitlines()
        self.assertEqual("JOB SCHEDULE STATE LEADER NEXT LAST HOST".split(), lines[0].split())
        return [line.split()[3 + (line.split()[1] == "@every")] for line in lines[1:]]

    def assert_unknown(self, *words, says):
        code, output, errors = self.cron(*words)
        self.assertEqual((1, ""), (code, output))
        self.assertIn(says, errors)
        self.assertEqual(1, len(errors.splitlines()), errors)

    def run_a_job(self, where):
        """`list` is the name of a job here."""
        code, output, errors = self.cron("run", "list", "--wait", *where)
        self.assertEqual((1, ""), (code, errors))
        self.assertRegex(output, r"^list: failed: \S.*, took \S+ on \S+\none\ntwo\n$")
        code, output, _ = self.cron("run", "list", "--ledger", "tenure-cron/" + self.key)
        self.assertEqual(0, code)
        run = output.strip()
        text = wait_until(lambda: (lambda o: o if run in o else None)(
            self.cron("history", "list", "--json", *where)[1]), 20 * SLACK, pause=0.2,
            what="the record of the run")
        newest = json.loads(text.splitlines()[0])
        self.assertEqual(("operator", 3, "failed"),
                         (newest["trigger"], newest["exit"], newest["ending"]))
        table = self.cron("history", "list", *where)[1].splitlines()
        self.assertEqual("TICK RESULT HOST FENCE TOOK EXIT TRIGGER REASON".split(),
                         table[0].split())
        self.assertEqual(["    | one", "    | two"], table[2:4])
        self.assertEqual((1, ""), self.cron("history", "nosuch", *where)[:2])

    def pause_a_job(self, where, jobs, records):
        self.assertEqual((0, "tick: paused\n"), self.cron("pause", "tick", *where)[:2])
        self.assertEqual("tick: is paused already\n", self.cron("pause", "tick", *where)[1])
        wait_until(lambda: jobs()["tick"]["state"] == "paused" and
                   records()[0].get("reason") == "paused", 20 * SLACK, pause=0.2,
                   what="a skipped tick")
        self.assertIn("@", jobs()["tick"]["paused"]["by"])
        self.assertRegex(self.cron("list", *where)[1],
                         r"tick .* paused by \S+@\S+ since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ ")
        self.assertEqual((0, "tick: resumed\n"), self.cron("resume", "tick", *where)[:2])
        self.assertEqual("tick: is not paused\n", self.cron("resume", "tick", *where)[1])
        wait_until(lambda: records()[0]["state"] == "finished", 20 * SLACK, pause=0.2,
                   what="a run after the pause")

    def test_a_job_that_left_the_file(self):
        for spread in ("false", "true"):
            with self.subTest(spread=spread):
                self.leave_the_file(f"{self.key}/{spread}", spread)

    def leave_the_file(self, key, spread):
        head = f"election: {key}\nspread: {spread}\njobs:\n"
        stays = "  - {name: stays, schedule: '@every 1s', command: 'true'}\n"
        gone = "  - {name: gone, schedule: '@every 1s', splay: 1h, command: 'true'}\n"
        self.write(head + stays + gone)

        def job(*where):
            code, output, _ = self.cron("list", "--json", *where)
            found = map(json.loads, output.splitlines()) if code == 0 else ()
            return {j["job"]: j for j in found}.get("gone", {"state": "none"})

        by_key, by_file = ("--election", key), ("--file", "jobs.yaml")
        process = self.start(TENURE_CRON, "jobs.yaml", cwd=self.folder)
        wait_until(lambda: job(*by_key)["state"] == "waiting", 30 * SLACK, pause=0.2,
                   what="a run that waits")
        self.write(head + stays)
        self.assertEqual(("removed", None), (job(*by_file)["state"], job(*by_file)["next"]))
        last = wait_until(lambda: (lambda j: j if not j["open"] and j["next"] is None else None)(
            job(*by_key)), 30 * SLACK, pause=0.2, what="a document without runs to come")
        self.assertEqual(("skipped", "removed"), (last["last"]["state"], last["last"]["reason"]))
        self.assertRegex(self.cron("list", *by_file)[1], r"(?m)^gone .* removed +none +- ")
        self.assertEqual("idle", job(*by_key)["state"])
        process.terminate()
        self.assertEqual(0, process.wait(20 * SLACK))

    def test_mistakes_on_the_command_line(self):
        self.assertIn("name the jobs", self.cron("list")[2])
        self.assertEqual(64, self.cron("list")[0])
        self.assertEqual(64, self.cron("history", "--election", "x")[0])
        self.assertEqual(64, self.cron("list", "--election", "/x")[0])
        for name in ("../x", "a/b", "a\nb", "..", "x" * 101, "ä"):
            for words in (("history", name), ("pause", name), ("resume", name), ("run", name),
                          ("next", "jobs.yaml", name)):
                where = () if words[0] == "next" else ("--election", "x")
                code, output, errors = self.cron(*words, *where)
                self.assertEqual((64, ""), (code, output), words)
                self.assertIn("JOB: no job can have this name", errors)
                self.assertEqual(1, len(errors.splitlines()), errors)
        code, _, errors = self.run_to_end(TENURE_CRON, "list", "--election", "x",
                                          env={"CONSUL_HTTP_ADDR": "127.0.0.1:1"})
        self.assertEqual(69, code)
        self.assertTrue(errors.startswith("tenure-cron list: "), errors)

    def test_misspelt_subcommands(self):
        for words, meant in ((("histroy", "ok"), "history"), (("chek", "a.yaml"), "check"),
                             (("lsit",), "list"), (("lsit", "--json"), "list")):
            code, output, errors = self.cron(*words)
            self.assertEqual((64, ""), (code, output), words)
            self.assertEqual(f"tenure-cron: there is no subcommand '{words[0]}' and no file of "
                             f"that name: did you mean '{meant}'? (see --help)\n", errors)
        # A file of that name is a jobs file, and so is a path.
        self.write("election: x\njobs: none\n", "lsit")
        self.assertEqual((64, "lsit:2:7: jobs: is not a list of jobs\n"), self.cron("lsit")[::2])
        code, _, errors = self.cron("./histroy")
        self.assertEqual(64, code)
        self.assertNotIn("subcommand", errors)

    def test_a_restored_snapshot(self):
        """No tick runs twice if the replicas start when the ticks that are forgotten are older than
        the starting_deadline."""
        self.write(f"""election: {self.key}
jobs:
  - name: tick
    schedule: "@every 1s"
    starting_deadline: 4s
    command: echo $TENURE_TICK >> ticks
""")

        def start():
            return self.start(TENURE_CRON, "--span", "2s", "--ttl", "10s", "jobs.yaml",
                              cwd=self.folder)

        def wait_for(runs):
            wait_until(lambda: len(self.zoo.lines("ticks")) >= runs, 60 * SLACK,
                       what=f"{runs} runs")

        first = start()
        wait_for(3)
        status, _, snapshot = self.consul.request("GET", "/v1/snapshot")
        self.assertEqual(200, status)
        saved = len(self.zoo.lines("ticks"))
        wait_for(saved + 4)
        first.terminate()
        self.assertEqual(0, first.wait(20 * SLACK))
        before = self.zoo.lines("ticks")
        self.assertEqual(200, self.consul.request("PUT", "/v1/snapshot", snapshot)[0])
        time.sleep(5)
        second = start()
        wait_for(len(before) + 3)
        second.terminate()
        self.assertEqual(0, second.wait(20 * SLACK))
        ticks = self.zoo.lines("ticks")
        self.assertEqual(len(ticks), len(set(ticks)), ticks)
        # The history has forgotten what ran since, and calls it skipped.
        code, output, errors = self.cron("history", "tick", "--file", "jobs.yaml", "--json")
        self.assertEqual((0, ""), (code, errors))
        ran = datetime.datetime.fromisoformat(before[-2].replace("Z", "+00:00")).timestamp()
        self.assertTrue(any(r["state"] == "skipped"
                            and r["tick"] <= ran <= r.get("until", r["tick"])
                            for r in map(json.loads, output.splitlines())), output)


if __name__ == "__main__":
    cases.main(needs_consul=True)
