#!/usr/bin/env python3
"""The programs on a Consul that denies every request without a token."""

import tempfile
import time

from support import cases, consul
from support.processes import TENURE, TENURE_CRON, boot_time

TOKEN = "5ec2e7ba-5b1c-47a5-a2a2-000000000001"


class TokenTest(cases.Case):
    @classmethod
    def setUpClass(cls):
        cls.server_folder = tempfile.TemporaryDirectory(prefix="tenure-e2e-server-")
        cls.addClassCleanup(cls.server_folder.cleanup)
        cls.server = consul.Server(
            cls.server_folder.name,
            acl={"enabled": True, "default_policy": "deny", "tokens": {"master": TOKEN}})
        cls.addClassCleanup(cls.server.close)

    def run_true(self, *options, env=None):
        return self.run_to_end(TENURE, "run", *options, "e2e/token", "--", "true",
                               env={"CONSUL_HTTP_ADDR": self.server.address, **(env or {})})

    def test_all_token_options(self):
        with open(self.zoo.path("token"), "w", encoding="ascii") as file:
            file.write(TOKEN + "\n")
        name = self.zoo.path("token")
        for options, env in ((["--token", TOKEN], {}), (["--token-file", name], {}),
                             ([], {"CONSUL_HTTP_TOKEN": TOKEN}),
                             ([], {"CONSUL_HTTP_TOKEN_FILE": name}),
                             (["--token", TOKEN], {"CONSUL_HTTP_TOKEN": "no"}),
                             (["--token", TOKEN], {"CONSUL_HTTP_TOKEN_FILE": "/no/such"}),
                             (["--token-command", "cat " + name], {"CONSUL_HTTP_TOKEN": "no"})):
            code, output, errors = self.run_true("--log-level", "trace", *options, env=env)
            self.assertEqual((0, ""), (code, output), errors)
            self.assertNotIn(TOKEN, errors)

    def test_refused(self):
        def run():
            began = boot_time()
            code, output, errors = self.run_true("--log-level", "off")
            self.assertEqual((69, ""), (code, output))
            self.assertRegex(errors, "^tenure run: PUT /v1/session/create at "
                                     f"{self.server.address}: the (anonymous )?token lacks "
                                     "session:write [^\n]*; tenure policy run e2e/token prints "
                                     "the whole policy\n$")
            self.assertLess(boot_time() - began, 8)

        def leader():
            code, output, errors = self.run_to_end(
                TENURE, "leader", "k", env={"CONSUL_HTTP_ADDR": self.server.address})
            # Without a token Consul 1.8 shows an empty store instead of refusing a read.
            self.assertIn((code, output), ((1, ""), (69, "")), errors)

        def cron():
            with open(self.zoo.path("jobs"), "w", encoding="ascii") as file:
                file.write("election: k\njobs: [{name: a, schedule: '@every 1s', command: b}]\n")
            process = self.start(TENURE_CRON, self.zoo.path("jobs"),
                                 env={"CONSUL_HTTP_ADDR": self.server.address})
            time.sleep(8)
            lines = [s for s in self.zoo.error_lines(process) if "lacks session:write" in s]
            self.assertEqual(1, len(lines), self.zoo.errors(process))
            process.terminate()
            self.assertEqual(0, process.wait(10))

        self.all_at_once(run, leader, cron)


if __name__ == "__main__":
    cases.main(needs_consul=True)
