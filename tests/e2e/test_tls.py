#!/usr/bin/env python3
"""Every program by TLS, with a certificate of its own and, on a Consul that denies every request
without a token, with the policy that `tenure policy` prints. And every mistake with certificates:
one line with the remedy."""

import os

from support import cases, elector
from support.agent import Agent
from support.certificates import Authority
from support.processes import BUILD, SLACK, TENURE, TENURE_CRON, wait_until
from support.secure import SecureCase

SCHEDULER = os.path.join(BUILD, "bin", "scheduler")


class ProgramsTest(SecureCase):
    def policy(self, *words):
        code, output, errors = self.run_to_end(TENURE, "policy", *words)
        self.assertEqual((0, ""), (code, errors))
        return [line for line in output.splitlines() if not line.startswith("#")]

    def environment(self, *words):
        return self.secure(self.policy(*words))

    def check_end(self, process, code=0):
        process.terminate()
        self.assertEqual(code, process.wait(20 * SLACK), self.zoo.errors(process))

    def test_every_program(self):
        def run():
            code, output, errors = self.run_to_end(
                TENURE, "run", "--try=20s", "tls/run", "--", "sh", "-c", "echo $TENURE_FENCE",
                env=self.environment("run", "tls/run"))
            self.assertEqual((0, ""), (code, errors))
            self.assertGreater(int(output), 0)

        def run_on_a_node_that_may_crash():
            code, _, errors = self.run_to_end(
                TENURE, "run", "--try=20s", "--liveness", "1s", "tls/alive", "--", "true",
                env=self.environment("run", "--liveness", "tls/alive"))
            self.assertEqual((0, ""), (code, errors))

        def lock():
            code, output, errors = self.run_to_end(
                TENURE, "lock", "tls/lock", "echo locked", env=self.environment("lock", "tls/lock"))
            self.assertEqual((0, "locked\n", ""), (code, output, errors))

        def readers_and_depose():
            key = "tls/read/leader"
            holder = self.start(TENURE, "run", "--value", "host-a", key, "--", "sleep", "60",
                                env=self.environment("run", key))
            reads = self.environment("watch", key)
            watch = self.start(TENURE, "watch", key, env=reads)
            wait_until(lambda: "host-a" in self.zoo.output_lines(watch), 20 * SLACK,
                       what="the leader's value")
            self.assertEqual((0, "host-a\n", ""),
                             self.run_to_end(TENURE, "leader", key, env=reads))
            code, output, errors = self.run_to_end(
                TENURE, "list", "tls/read/", env=self.environment("list", "tls/read/"))
            self.assertEqual((0, ""), (code, errors))
            self.assertIn(key, output)
            code, _, errors = self.run_to_end(TENURE, "depose", key,
                                              env=self.environment("depose", key))
            self.assertEqual((0, ""), (code, errors))
            self.assertEqual(70, holder.wait(20 * SLACK))
            watch.terminate()
            watch.wait(10)

        def sidecar():
            key = "tls/sidecar"
            process = elector.start(self, "host-a", env=self.environment("sidecar", key), key=key)
            elector.wait_for_leader(process.address, "host-a")
            stream, _ = elector.open_stream(process.address)
            with stream:
                self.assertEqual("host-a", elector.name_in(stream.chunk()))
            self.check_end(process)

        def cron():
            with open(self.zoo.path("jobs.yaml"), "w", encoding="ascii") as file:
                file.write("election: tls/cron\njobs:\n"
                           "  - {name: a, schedule: '@every 1s', command: echo tick}\n")
            process = self.start(TENURE_CRON, self.zoo.path("jobs.yaml"),
                                 env=self.environment("cron", "tls/cron"))
            wait_until(lambda: any(line.endswith(" out] tick")
                                   for line in self.zoo.output_lines(process)),
                       20 * SLACK, what="a job")
            self.check_end(process)

        def scheduler():
            ledger = self.zoo.path("ledger")
            os.mkdir(ledger)
            process = self.start(SCHEDULER, "--tenants", 3, "--shards", 10, "--ledger", ledger,
                                 "--pause", "50ms", env=self.environment("library", "scheduler/"))
            wait_until(lambda: len(os.listdir(ledger)) == 30, 20 * SLACK, what="all shards")
            self.check_end(process)
            self.assertEqual("", self.zoo.errors(process))

        self.all_at_once(run, run_on_a_node_that_may_crash, lock, readers_and_depose, sidecar,
                         cron, scheduler)

    def test_by_name(self):
        environment = self.environment("run", "tls/name")
        port = self.server.https_address.rpartition(":")[2]
        environment.update(CONSUL_HTTP_ADDR=f"localhost:{port}", CONSUL_HTTP_SSL="true",
                           CONSUL_TLS_SERVER_NAME="server.dc1.consul")
        code, _, errors = self.run_to_end(TENURE, "run", "--try=20s", "tls/name", "--", "true",
                                          env=environment)
        self.assertEqual((0, ""), (code, errors))

    def check_mistake(self, says, env=None, address=None):
        """One line with the remedy, from a program that reads and from those that wait for
        Consul."""
        environment = {"CONSUL_HTTP_ADDR": address or self.server.https_address,
                       **self.files.environment(), **(env or {})}
        for argv, code in (([TENURE, "leader", "tls/no"], 69),
                           ([TENURE, "run", "tls/no", "--", "true"], 69),
                           ([TENURE, "lock", "tls/no", "true"], 1)):
            got, output, errors = self.run_to_end(*argv, env=environment)
            self.assertEqual((code, "", 1), (got, output, len(errors.splitlines())),
                             (argv, errors))
            self.assertTrue(errors.startswith("tenure"), errors)
            self.assertIn(says, errors)

    def test_mistakes(self):
        other = Authority(self.folder, "other")
        stranger = other.issue("stranger")

        def wrong_authority():
            self.check_mistake("name the file of its CA in CONSUL_CACERT",
                               {"CONSUL_CACERT": other.file})

        def wrong_name():
            self.check_mistake("the server's certificate is not for consul.example, it is for "
                               "localhost, server.dc1.consul, 127.0.0.1",
                               {"CONSUL_TLS_SERVER_NAME": "consul.example"})

        def no_certificate():
            self.check_mistake("name one in CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY",
                               {"CONSUL_CLIENT_CERT": "", "CONSUL_CLIENT_KEY": ""})

        def wrong_certificate():
            self.check_mistake("the server rejects the client certificate",
                               {"CONSUL_CLIENT_CERT": stranger[0],
                                "CONSUL_CLIENT_KEY": stranger[1]})

        def plain_to_tls():
            self.check_mistake("use https:// or CONSUL_HTTP_SSL=true",
                               address=self.server.https_address.removeprefix("https://"))

        def tls_to_plain():
            self.check_mistake("use its HTTPS port, or http:// without CONSUL_HTTP_SSL",
                               address="https://" + self.server.address)

        def expired():
            # By the agent, because a Consul would serve the other tests with it, too.
            cert, key = self.files.authority.issue("expired", days=-1)
            agent = Agent(self.folder, options=("--listen", "https://127.0.0.1:0", "--tls-cert",
                                                cert, "--tls-key", key))
            self.addCleanup(agent.close)
            self.check_mistake("has expired", address=agent.listening[1])

        def no_such_file():
            for name, value in (("CONSUL_CACERT", "/no/such/ca.pem"),
                                ("CONSUL_CLIENT_KEY", "/no/such/key.pem")):
                code, output, errors = self.run_to_end(
                    TENURE, "leader", "tls/no", env={
                        "CONSUL_HTTP_ADDR": self.server.https_address,
                        **self.files.environment(), name: value})
                self.assertEqual((64, "", 1), (code, output, len(errors.splitlines())), errors)
                self.assertIn(value, errors)

        self.all_at_once(wrong_authority, wrong_name, no_certificate, wrong_certificate,
                         plain_to_tls, tls_to_plain, expired, no_such_file)


if __name__ == "__main__":
    cases.main(needs_consul=True)
