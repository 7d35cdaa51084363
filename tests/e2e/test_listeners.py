#!/usr/bin/env python3
"""Who may use what the programs listen on: the Host on the loopback, tokens, TLS, limits, and the
warning about an address that other machines reach."""

import http.client
import json
import os
import re
import socket
import ssl

from support import cases, elector
from support.agent import Agent
from support.certificates import Authority
from support.processes import SLACK, TENURE, TENURE_CRON, wait_until

TOKEN = "open-sesame"
EVIL = "evil.example"
NAME = "box.example"


def ask(address, path="/", method="GET", authority=None, **headers):
    """The status of one request. Its Host is localhost, unless the headers have another."""
    secure = address.startswith("https://")
    host, port = address.removeprefix("https://").rsplit(":", 1)
    host = "127.0.0.1" if host == "0.0.0.0" else host
    if secure:
        context = ssl.create_default_context(cafile=authority.file)
        connection = http.client.HTTPSConnection(host, int(port), timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
    try:
        connection.request(method, path, headers={"Host": "localhost", **headers})
        return connection.getresponse().status
    finally:
        connection.close()


def read_file(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def bearer(token):
    return {"Authorization": "Bearer " + token}


class ListenersTest(cases.ServerCase):
    def write(self, name, text):
        path = self.zoo.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def warnings(self, process):
        return re.findall(r"listening unprotected on the network address=\S+ missing=(.*)",
                          self.zoo.errors(process))

    def test_listeners(self):
        self.authority = Authority(self.folder, "authority")
        self.cert, self.key_file = self.authority.issue("server")
        self.token_file = self.write("token", TOKEN + "\n")
        self.all_at_once(self.agents, self.limits_of_an_agent, self.sidecars, self.open_sidecar,
                         self.schedulers, self.private_scheduler)

    def agents(self):
        path = "/v1/kv/x"
        self.assertEqual(403, ask(self.server.address, path, "PUT", Host=EVIL))
        self.assertEqual(200, ask(self.server.address, path, "PUT"))
        line = f"warn request for another host refused client=127.0.0.1 host={EVIL} requests=1"
        wait_until(lambda: line in read_file(self.server_folder, "agent.err"), what=line)
        folder = self.zoo.path("guarded")
        os.mkdir(folder)
        guarded = Agent(folder, listen="0.0.0.0:0", options=(
            "--agent-token-file", self.token_file, "--host", NAME))
        self.addCleanup(guarded.close)
        self.assertEqual(403, ask(guarded.address, path))
        self.assertEqual(404, ask(guarded.address, path, **{"X-Consul-Token": TOKEN, "Host": EVIL}))
        line = "listening unprotected on the network address=0.0.0.0:0 missing=TLS\n"
        wait_until(lambda: line in read_file(folder, "agent.err"), what=line)
        here = "127.0.0.1:" + guarded.address.rpartition(":")[2]
        run = (TENURE, "run", "--http-addr", here, "--ttl", "10s", "k", "--", "true")
        self.assertEqual(0, self.run_to_end(*run, env={"CONSUL_HTTP_TOKEN": TOKEN})[0])
        code, _, errors = self.run_to_end(*run, env={"CONSUL_HTTP_TOKEN": "wrong"})
        self.assertEqual(69, code, errors)

    def limits_of_an_agent(self):
        folder = self.zoo.path("limited")
        os.mkdir(folder)
        limited = Agent(folder, options=("--max-connections", "4", "--host", NAME))
        self.addCleanup(limited.close)
        self.assertEqual(404, ask(limited.address, "/v1/kv/x", Host=NAME))
        host, port = limited.address.rsplit(":", 1)

        def hold():
            """None while the agent still counts the connection of an earlier request."""
            one = socket.create_connection((host, int(port)))
            self.addCleanup(one.close)
            one.sendall(b"GET /v1/status/leader HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return one.recv(100).startswith(b"HTTP/1.1 200")

        for _ in range(4):
            wait_until(hold, 10 * SLACK, pause=0.05, what="a connection")
        with socket.create_connection((host, int(port)), 30) as further:
            self.assertTrue(further.recv(100).startswith(b"HTTP/1.1 503"))

    def sidecar(self, name, http, env=None):
        path = self.write(name + ".yaml", json.dumps({
            "elections": [{"name": name, "key": f"{self.key}/{name}"}], "http": http}))
        process = self.start(TENURE, "sidecar", path, env=env)
        process.address = elector.listening(self, process)[0]
        return process

    def sidecars(self):
        plain = self.sidecar("plain", {"listen": "127.0.0.1:0", "hosts": [NAME]})
        for path in ("/", "/ui", "/ui/events", "/metrics", "/healthz"):
            self.assertEqual(403, ask(plain.address, path, Host=EVIL), path)
        self.assertEqual(200, ask(plain.address, "/elections", Host=NAME))
        refused = "request for another host refused"
        wait_until(lambda: refused in self.zoo.errors(plain), what=refused)
        self.assertEqual(1, self.zoo.errors(plain).count(refused))
        self.assertEqual([], self.warnings(plain))
        secure = self.sidecar("secure", {
            "listen": "https://127.0.0.1:0", "tls_cert": self.cert, "tls_key": self.key_file},
            env={"TENURE_HTTP_TOKEN_FILE": self.token_file})
        self.assertTrue(secure.address.startswith("https://"))
        self.assertEqual(401, ask(secure.address, "/elections", authority=self.authority))
        self.assertEqual(200, ask(secure.address, "/healthz", authority=self.authority))
        self.assertEqual(200, ask(secure.address, "/elections", authority=self.authority,
                                  **bearer(TOKEN)))
        # The token changes without a restart.
        self.write("token2", "another")
        os.replace(self.zoo.path("token2"), self.write("own", TOKEN))
        other = self.sidecar("other", {"listen": "127.0.0.1:0",
                                       "token_file": self.zoo.path("own")})
        self.assertEqual(401, ask(other.address, "/", **bearer(TOKEN)))
        self.assertNotEqual(401, ask(other.address, "/", **bearer("another")))
        self.write("own", "a third one")
        self.assertEqual(401, ask(other.address, "/", **bearer("another")))
        self.assertNotEqual(401, ask(other.address, "/", **bearer("a third one")))

    def open_sidecar(self):
        process = self.sidecar("open", {"listen": "0.0.0.0:0"})
        found = wait_until(lambda: self.warnings(process), what="its warning")
        self.assertEqual(['"TLS, token"'], found)
        self.assertEqual(200, ask(process.address, "/elections", Host="any.example"))
        bad = self.write("bad.yaml", "elections: [{name: a}]\nhttp: {listen: 'https://:1'}\n")
        code, _, errors = self.run_to_end(TENURE, "sidecar", "--check", bad)
        self.assertEqual(64, code)
        self.assertIn("'https://:1' needs a certificate and its key", errors)

    def cron(self, name, *options):
        path = self.write(name + ".yaml", f"election: {self.key}/{name}\njobs:\n"
                          "  - {name: tick, schedule: '@yearly', command: 'true'}\n")
        process = self.start(TENURE_CRON, *options, path)
        found = wait_until(lambda: re.search(r"listening address=(\S+)",
                                             self.zoo.errors(process)), what="its address")
        process.address = found[1]
        return process

    def schedulers(self):
        process = self.cron("cron", "--http", "127.0.0.1:0", "--http-token-file", self.token_file)
        pause = "/api/pause?tenant=&job=tick"
        # A page of another site, whose name resolves to this address.
        self.assertEqual(403, ask(process.address, pause, "POST", Host=EVIL, **bearer(TOKEN)))
        self.assertEqual(401, ask(process.address, pause, "POST"))
        self.assertEqual(200, ask(process.address, "/api/jobs"))
        self.assertEqual([], self.warnings(process))

    def private_scheduler(self):
        process = self.cron("private", "--http", "https://0.0.0.0:0", "--http-private",
                            "--http-token-file", self.token_file, "--http-tls-cert", self.cert,
                            "--http-tls-key", self.key_file)
        self.assertEqual([], self.warnings(process))
        self.assertEqual(401, ask(process.address, "/", authority=self.authority))
        self.assertEqual(200, ask(process.address, "/", authority=self.authority,
                                  **bearer(TOKEN)))
        self.assertEqual(200, ask(process.address, "/healthz", authority=self.authority))


if __name__ == "__main__":
    cases.main()
