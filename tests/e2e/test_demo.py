#!/usr/bin/env python3
"""./dev demo: every step happens in time, and no process or key is left."""

import os
import signal

from support import cases, consul
from support.processes import BUILD, boot_time, wait_until

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "apps", "demo", "run")


class DemoTest(cases.Case):
    def test_every_kind_of_server(self):
        runs = [self.on_the_agent, self.interrupted]
        if consul.installed():
            runs.append(self.on_consul)
        elif cases.in_ci():
            self.fail("consul is missing, and CI is set")
        else:
            print("\nskipped: the demo on a real Consul (./dev setup installs it)")
        self.all_at_once(*runs)
        wait_until(lambda: not self.zoo.marked(), 2, what="the end of every process")

    def run_demo(self, **more):
        began = boot_time()
        code, output, errors = self.run_to_end(DEMO, BUILD, timeout=70, **more)
        self.assertEqual((0, ""), (code, errors), output)
        self.assertLess(boot_time() - began, 60)
        for step in ("the jobs are spread", "kill -9 replica", "were taken over",
                     "a clean shutdown", "in the history", "no leader, and no process is left",
                     "every step happened"):
            self.assertIn(step, output)

    def on_the_agent(self):
        self.run_demo()

    def on_consul(self):
        server = consul.Server(self.folder)
        self.addCleanup(server.close)
        self.run_demo(env={"CONSUL_HTTP_ADDR": server.address})
        status, _, _ = server.client.request("GET", "/v1/kv/", recurse="")
        self.assertEqual(404, status)  # no key is left

    def interrupted(self):
        process = self.start(DEMO, BUILD)
        wait_until(lambda: "[hello]" in self.zoo.output(process), 20, what="output of a job")
        process.send_signal(signal.SIGINT)
        self.assertEqual(130, process.wait(15))

    def test_a_bad_folder_gets_one_line(self):
        code, output, errors = self.run_to_end(DEMO, "/no/such")
        self.assertEqual((64, "", 1), (code, output, len(errors.splitlines())))


if __name__ == "__main__":
    cases.main()
