#!/usr/bin/env python3
"""`tenure agent` with TLS, seen by curl and by Python."""

import json
import os
import socket
import ssl
import subprocess

from support import cases
from support.agent import Agent
from support.certificates import Authority, replace
from support.processes import TENURE, wait_until


class AgentTlsTest(cases.Case):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder, "authority")
        self.cert, self.key = self.authority.issue("server")

    def agent(self, *options):
        agent = Agent(self.folder, listen="https://127.0.0.1:0",
                      options=("--listen", "127.0.0.1:0", "--tls-cert", self.cert, "--tls-key",
                               self.key, *options))
        self.addCleanup(agent.close)
        return agent

    def curl(self, *arguments):
        code, output, errors = self.run_to_end("curl", "-sS", *arguments)
        self.assertEqual((0, ""), (code, errors))
        return output

    def connect(self, agent, session=None, context=None):
        context = context or ssl.create_default_context(cafile=self.authority.file)
        port = int(agent.address.rpartition(":")[2])
        raw = socket.create_connection(("127.0.0.1", port), 10)
        return context.wrap_socket(raw, server_hostname="localhost", session=session)

    def test_curl(self):
        agent = self.agent()
        self.assertTrue(agent.listening[0].startswith("https://127.0.0.1:"))
        trust = ("--cacert", self.authority.file)
        url = agent.address + "/v1/kv/a"
        self.assertEqual("true", self.curl(*trust, "-X", "PUT", "-d", "v" * 100_000, url))
        self.assertEqual("v" * 100_000, self.curl(*trust, url + "?raw"))
        self.assertEqual("v" * 100_000, self.curl(f"http://{agent.listening[1]}/v1/kv/a?raw"))
        # A blocking query, and three requests on one connection.
        waits = self.start("curl", "-sS", *trust, url + "?raw&wait=60s&index=" + str(
            json.loads(self.curl(*trust, url))[0]["ModifyIndex"]))
        self.curl(*trust, "-X", "PUT", "-d", "next", url, url, url)
        self.assertEqual(0, waits.wait(10))
        self.assertEqual("next", self.zoo.output(waits))
        self.assertEqual("Client sent an HTTP request to an HTTPS server.\n",
                         self.curl("--http0.9", url.replace("https", "http")))

    def test_resumption(self):
        agent = self.agent()
        context = ssl.create_default_context(cafile=self.authority.file)
        request = b"GET /v1/status/leader HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        with self.connect(agent, context=context) as first:
            first.sendall(request)
            answer = b"".join(iter(lambda: first.recv(4096), b""))  # to a clean end
            self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)
            session = first.session
        with self.connect(agent, session, context) as second:
            self.assertTrue(second.session_reused)

    def test_certificates_that_are_replaced(self):
        agent = self.agent()

        def serial():
            with self.connect(agent) as connection:
                return connection.getpeercert()["serialNumber"]

        before = serial()
        with self.connect(agent) as kept:
            cert, key = self.authority.issue("renewed")
            replace(cert, self.cert)
            self.assertEqual(before, serial())  # not without its key
            self.assertEqual(before, serial())
            replace(key, self.key)
            self.assertNotEqual(before, serial())
            kept.sendall(b"GET /v1/status/leader HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertTrue(kept.recv(4096).startswith(b"HTTP/1.1 200 OK"))

        def lines_about_it():
            with open(self.zoo.path("agent.err"), encoding="utf-8") as log:
                return [line for line in log if "TLS files" in line]

        wait_until(lambda: len(lines_about_it()) >= 2, what="both lines")
        lines = lines_about_it()
        self.assertEqual(2, len(lines), lines)
        self.assertIn("TLS files unusable", lines[0])
        self.assertIn("TLS files changed", lines[1])

    def test_clients_with_certificates(self):
        agent = self.agent("--tls-client-ca", self.authority.file)
        url = agent.address + "/v1/status/leader"
        code, output, _ = self.run_to_end("curl", "-sS", "--cacert", self.authority.file, url)
        self.assertNotEqual((0, ""), (code, output))
        self.assertEqual("", output)
        cert, key = self.authority.issue("client")
        self.assertIn("127.0.0.1", self.curl("--cacert", self.authority.file, "--cert", cert,
                                             "--key", key, url))
        wait_until(lambda: "TLS handshake failed" in self.agent_log(), what="a line in the log")

    def agent_log(self):
        with open(self.zoo.path("agent.err"), encoding="utf-8") as log:
            return log.read()

    def test_wrong_options_and_files(self):
        https = ("--listen", "https://127.0.0.1:0")
        pair = ("--tls-cert", self.cert, "--tls-key", self.key)
        other = self.authority.issue("other")[1]
        locked = self.zoo.path("locked.pem")
        subprocess.run(["openssl", "ec", "-in", self.key, "-out", locked, "-aes128", "-passout",
                        "pass:secret"], check=True, capture_output=True)
        for says, *options in (
                ("--listen https://127.0.0.1:0 needs --tls-cert and --tls-key", *https),
                ("--tls-cert needs --tls-key", *https, *pair[:2]),
                ("--tls-key needs --tls-cert", *https, *pair[2:]),
                ("--tls-cert needs an address with TLS, such as --listen https://127.0.0.1:8501",
                 *pair),
                ("--tls-client-ca needs --tls-cert and --tls-key", "--tls-client-ca", self.cert),
                ("\"/no/such\" cannot be read (No such file or directory): name a PEM file", *https,
                 "--tls-cert", "/no/such", *pair[2:]),
                ("is not one in PEM: name a PEM certificate", *https, "--tls-cert", os.devnull,
                 *pair[2:]),
                ("does not belong to the certificate", *https, *pair[:2], "--tls-key", other),
                ("is encrypted: store it without a password", *https, *pair[:2], "--tls-key",
                 locked),
                ("has no PEM certificate: name a PEM file with the certificates", *https, *pair,
                 "--tls-client-ca", self.key)):
            code, output, errors = self.run_to_end(TENURE, "agent", "--state", "none", *options)
            self.assertEqual((64, "", 1), (code, output, len(errors.splitlines())),
                             (options, errors))
            self.assertIn(says, errors)


if __name__ == "__main__":
    cases.main()
