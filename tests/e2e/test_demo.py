#!/usr/bin/env python3
"""What ./dev demo shows: every step happens, in time, and nothing is left behind."""

import os
import signal

from support import cases, consul
from support.processes import BUILD, boot_time, wait_until

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "apps", "demo", "run")


class DemoTest(cases.Case):
    def test_all_ways(self):
        ways = [self.on_the_agent, self.interrupted]
        if consul.installed():
            ways.append(self.on_consul)
        elif cases.in_ci():
            self.fail("consul is missing, and CI is set")
        else:
            print("\nleft out: the demo on a real Consul (./dev setup installs it)")
        self.all_at_once(*ways)
        wait_until(lambda: not self.zoo.marked(), 2, what="the end of every process")

    def watch(self, **more):
        began = boot_time()
        code, output, errors = self.run_to_end(DEMO, BUILD, timeout=70, **more)
        self.assertEqual((0, ""), (code, errors), output)
        self.assertLess(boot_time() - began, 60)
        for step in ("leads with fence", "kill -9 replica", "took over", "a clean shutdown",
                     "nobody leads, nothing is left", "every step happened"):
            self.assertIn(step, output)

    def on_the_agent(self):
        self.watch()

    def on_consul(self):
        server = consul.Server(self.folder)
        self.addCleanup(server.close)
        self.watch(env={"CONSUL_HTTP_ADDR": server.address})
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
