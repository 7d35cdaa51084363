#!/usr/bin/env python3
"""`tenure run` on an embedded agent that restarts while a leader is running."""

import signal

from support import cases, marks
from support.agent import Agent
from support.processes import MARK, TENURE, boot_time, wait_until

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


if __name__ == "__main__":
    cases.main()
