#!/usr/bin/env python3
"""`tenure run` on an embedded agent that restarts while a leader is running."""

import json
import os
import signal

from support import cases, marks
from support.agent import Agent
from support.processes import MARK, TENURE, TENURE_CRON, boot_time, wait_until

SPAN = 2.0


class AgentRestartTest(cases.Case):
    def setUp(self):
        super().setUp()
        self.state = self.zoo.path("agent.state")
        self.key = "e2e/restart"

    def agent(self, **more):
        agent = Agent(self.folder, state=self.state, **more)
        self.addCleanup(agent.close)
        return agent

    def marks(self, event):
        return marks.of(marks.read(self.zoo.path("marks")), event)

    def respawning_runner(self, agent):
        return self.start(TENURE, "run", "--respawn", "--span", f"{SPAN:.0f}s", "--ttl", "10s",
                          self.key, "--", MARK, self.zoo.path("marks"), "a", 0,
                          env={"CONSUL_HTTP_ADDR": agent.address})

    def restart(self, agent, delay, end):
        """Restarts the agent, and returns the time at which it was running again."""
        agent.process.send_signal(end)
        agent.process.wait(10)
        self.agent(listen=agent.address, start_lock_delay=delay)
        return boot_time()

    def check_next_term(self, back, at_least):
        wait_until(lambda: len(self.marks("begin")) == 2, 20, what="the next term")
        first, second = self.marks("begin")
        self.assertGreater(int(second.fence), int(first.fence))
        self.assertGreater(second.time - back, at_least)
        self.assertEqual([], marks.overlaps(marks.read(self.zoo.path("marks"))))

    def test_killed(self):
        agent = self.agent()
        runner = self.respawning_runner(agent)
        wait_until(lambda: self.marks("begin"), what="a leader")
        back = self.restart(agent, "3s", signal.SIGKILL)
        # A killed agent loses its sessions, and withholds all locks for the start's lock-delay.
        self.check_next_term(back, 2.9)
        runner.terminate()
        self.assertEqual(0, runner.wait(5))

    def test_stopped_with_a_leader(self):
        agent = self.agent()
        runner = self.respawning_runner(agent)
        wait_until(lambda: self.marks("begin"), what="a leader")
        back = self.restart(agent, "3s", signal.SIGTERM)
        self.check_next_term(back, 2.9)
        runner.terminate()
        self.assertEqual(0, runner.wait(5))

    def test_stopped_without_a_leader(self):
        agent = self.agent()
        environment = {"CONSUL_HTTP_ADDR": agent.address}
        script = "echo $TENURE_FENCE"
        run = [TENURE, "run", "--try=5s", self.key, "--", "sh", "-c", script]
        first = self.run_to_end(*run, env=environment)
        self.restart(agent, "30s", signal.SIGTERM)
        second = self.run_to_end(*run, env=environment)
        self.assertEqual((0, 0), (first[0], second[0]), second[2])
        self.assertGreater(int(second[1]), int(first[1]))


    def test_blocked_signals_of_the_parent_end_the_programs(self):
        agent = self.agent()
        jobs = self.zoo.path("jobs.yaml")
        with open(jobs, "w", encoding="utf-8") as file:
            file.write("election: e2e/blocked/cron\njobs:\n  - {name: a, schedule: '@daily', "
                       "command: 'true'}\n")
        caught = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        for program, says in (
                ([TENURE, "run", "--log-level", "info", "e2e/blocked/run", "--", "sleep", "1000"],
                 "term began"),
                ([TENURE, "agent", "--listen", "127.0.0.1:0", "--state", "none"], "listening"),
                ([TENURE, "sidecar", "--election", "a", "--http", "127.0.0.1:0"], "listening"),
                ([TENURE_CRON, jobs], "term began")):
            started = self.start(*program, env={"CONSUL_HTTP_ADDR": agent.address},
                                 preexec_fn=lambda: signal.pthread_sigmask(
                                     signal.SIG_BLOCK, caught))
            wait_until(lambda p=started, text=says: text in self.zoo.errors(p) +
                       self.zoo.output(p), what=says)
            started.terminate()
            self.assertIn(started.wait(30), (0, 143), program)

    def test_stopped_by_the_end_of_its_terminal(self):
        agent = self.agent()
        agent.process.send_signal(signal.SIGHUP)
        self.assertEqual(0, agent.process.wait(10))
        with open(self.state, encoding="ascii") as file:
            self.assertIn("stop clean", file.read())

    def test_an_agent_has_its_state_file_for_itself(self):
        first = self.agent()
        code, out, err = self.run_to_end(TENURE, "agent", "--listen", "127.0.0.1:0", "--state",
                                         self.state)
        self.assertEqual((69, ""), (code, out))
        self.assertEqual(f"tenure agent: another process uses the file {self.state}, and each "
                         "needs its own: Device or resource busy\n", err)
        first.process.kill()
        first.process.wait(10)
        self.agent()


class AgentOptionsTest(cases.Case):
    def agent(self, *options):
        agent = Agent(self.folder, options=options)
        self.addCleanup(agent.close)
        return agent

    def test_version(self):
        for options, release in (((), "1.21.4"), (("--as", "1.21"), "1.21.4"),
                                 (("--as", "1.8"), "1.8.7")):
            agent = self.agent(*options)
            config = agent.client.json("GET", "/v1/agent/self")["Config"]
            self.assertEqual(release, config["Version"])
            agent.close()

    def test_wrong_values(self):
        for option, value, what in (("--as", "1.9", "answers as Consul 1.8 or 1.21, not as '1.9'"),
                                    ("--session-ttl-min", "0s", "above 0 and at most 24h"),
                                    ("--session-ttl-min", "25h", "above 0 and at most 24h"),
                                    ("--state", "", "the value is empty"),
                                    ("--state", self.zoo.path("no/such"), "is no folder")):
            code, out, err = self.run_to_end(TENURE, "agent", option, value)
            self.assertEqual((64, ""), (code, out))
            self.assertEqual(1, err.count("\n"), err)
            self.assertIn(option, err)
            self.assertIn(what, err)

    def test_state_files_that_are_none(self):
        fifo = self.zoo.path("fifo")
        os.mkfifo(fifo)
        for path in ("/dev/zero", "/dev/full", "/dev/null", fifo, self.folder):
            code, out, err = self.run_to_end(TENURE, "agent", "--listen", "127.0.0.1:0", "--state",
                                             path, timeout=20)
            self.assertEqual((64, ""), (code, out))
            self.assertRegex(err, f"^tenure[^\n]* cannot read the file {path}: it is no regular "
                                  "file\n$")
        self.assertFalse(os.path.exists(self.zoo.path("no")))

    def test_shorter_sessions(self):
        agent = self.agent("--session-ttl-min", "1s")
        session = agent.client.json("PUT", "/v1/session/create", {"TTL": "1s", "LockDelay": "0s"})
        self.assertTrue(agent.client.json("PUT", "/v1/kv/k", acquire=session["ID"]))
        wait_until(lambda: agent.client.json("GET", "/v1/session/list") == [], 20,
                   what="the session's end")

    def test_checks_that_it_does_not_run(self):
        agent = self.agent()
        status, _, text = agent.client.request(
            "PUT", "/v1/agent/service/register",
            json.dumps({"Name": "web", "Check": {"HTTP": "http://127.0.0.1:1", "Interval": "1s",
                                                 "Status": "passing"}}))
        self.assertEqual(200, status, text)

        def lines_about_it():
            with open(self.zoo.path("agent.err"), encoding="utf-8") as log:
                return [line for line in log if "check not run" in line]

        lines = wait_until(lines_about_it, what="the line")
        self.assertEqual(1, len(lines))
        self.assertIn("service:web", lines[0])


if __name__ == "__main__":
    cases.main()
