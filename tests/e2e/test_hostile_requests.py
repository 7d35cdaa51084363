#!/usr/bin/env python3
"""Hostile requests to what listens: the embedded agent, the sidecar and its control socket, and
tenure-cron. Each request has its right answer, and the server answers the next one."""

import re
import select
import socket
import time

from support import cases, hostile_requests
from support.agent import Agent
from support.processes import SLACK, TENURE, TENURE_CRON, wait_until

WAIT = 10 * SLACK
SILENCE = 0.05 * SLACK  # after which the client sends no more


class Server:
    """Something that listens; `address` is host:port, or the path of a unix socket."""

    def __init__(self, test, name, address, good):
        self.test = test
        self.name = name
        self.address = address
        self.good = hostile_requests.get(good)
        self.problems = []

    def connect(self):
        if self.address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(WAIT)
            connection.connect(self.address)
            return connection
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host, int(port)), WAIT)

    def ask(self, request):
        """All that the server answers, until it closes or sends no more."""
        with self.connect() as connection:
            try:
                connection.sendall(request)
            except OSError:  # refused before all of it was sent
                pass
            answer = b""
            ended = False
            while True:
                readable, _, _ = select.select([connection], [], [], WAIT if ended else SILENCE)
                try:
                    if not readable and not ended:
                        ended = True
                        connection.shutdown(socket.SHUT_WR)
                        continue
                    data = connection.recv(65536) if readable else b""
                except OSError:
                    data = b""
                if not data:
                    return answer
                answer += data

    def check(self, name, request, status, part=""):
        try:
            answer = self.ask(request)
        except OSError as error:
            self.problems.append(f"{self.name}: {name}: {error}")
            return
        self.compare(name, answer, status, part)
        if not self.ask(self.good).startswith(b"HTTP/1.1 200 "):
            self.problems.append(f"{self.name}: {name}: no answer to the next request")

    def compare(self, name, answer, status, part):
        wanted = status if isinstance(status, tuple) else (status,)
        head, _, body = answer.partition(b"\r\n\r\n")
        match = re.match(rb"HTTP/1\.[01] (\d{3}) ", head)
        got = int(match[1]) if match else None
        text = body.decode(errors="replace")
        if got not in wanted or part.lower() not in text.lower() or b"X-Evil" in head or \
                answer.count(b"HTTP/1.1 ") > 1:
            self.problems.append(f"{self.name}: {name}: {got} in place of {status}: "
                                 f"{(head + body)[:300]!r}")
        elif got and got >= 400 and (len(text.strip().splitlines()) > 1 or len(text) > 1000):
            self.problems.append(f"{self.name}: {name}: not one line: {text[:300]!r}")

    def check_slow(self, first, piece):
        """Bytes that come one by one do not keep a connection for long."""
        with self.connect() as connection:
            connection.sendall(first)
            begin = time.monotonic()
            try:
                while time.monotonic() - begin < 30 * SLACK:
                    connection.sendall(piece)
                    time.sleep(0.1)
            except OSError:
                return
        self.problems.append(f"{self.name}: a slow client keeps its connection")


class HostileRequestsTest(cases.Case):
    def setUp(self):
        super().setUp()
        self.agent = Agent(self.folder)
        self.addCleanup(self.agent.close)

    def address_of(self, process):
        return wait_until(lambda: re.findall(r"listening.* address=(\S+)",
                                             self.zoo.errors(process)), 30 * SLACK,
                          what="a server that listens")[0]

    def servers(self):
        environment = {"CONSUL_HTTP_ADDR": self.agent.address}
        control = self.zoo.path("control.sock")
        config = self.zoo.path("sidecar.yaml")
        with open(config, "w", encoding="ascii") as file:
            file.write("elections:\n  - name: app\n    span: 2s\n    ttl: 10s\n"
                       "    guarantee: 500ms\n"
                       f"http:\n  listen: 127.0.0.1:0\ncontrol:\n  socket: {control}\n")
        jobs = self.zoo.path("jobs.yaml")
        with open(jobs, "w", encoding="ascii") as file:
            file.write('election: cron/leader\nledger: ledgers/cron\njobs:\n  - name: tick\n'
                       '    schedule: "@daily"\n    command: "true"\n')
        sidecar = self.start(TENURE, "sidecar", config, env=environment)
        cron = self.start(TENURE_CRON, "--http", "127.0.0.1:0", "--http-token", "secret", jobs,
                          env={**environment, "TENURE_SPAN": "2s", "TENURE_TTL": "10s"})
        found = [(Server(self, "agent", self.agent.address, "/v1/status/leader"),
                  hostile_requests.AGENT),
                 (Server(self, "sidecar", self.address_of(sidecar), "/healthz"),
                  hostile_requests.SIDECAR),
                 (Server(self, "control", control, "/v1/elections"), hostile_requests.CONTROL),
                 (Server(self, "cron", self.address_of(cron), "/healthz"), hostile_requests.CRON)]
        self.processes = {"sidecar": sidecar, "cron": cron, "agent": self.agent.process}
        return found

    def test_table(self):
        servers = self.servers()

        def run(server, own):
            for name, request, status in hostile_requests.EVERYWHERE:
                server.check(name, request, status)
            for name, request, status, part in own:
                server.check(name, request, status, part)

        slow = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
        self.all_at_once(*[lambda s=s, own=own: run(s, own) for s, own in servers],
                         *[lambda s=s: s.check_slow(slow, b"y") for s, _ in servers])
        problems = [x for s, _ in servers for x in s.problems]
        problems += [f"{name} ended with {p.returncode}" for name, p in self.processes.items()
                     if p.poll() is not None]
        self.assertEqual([], problems, "\n" + "\n".join(problems))


if __name__ == "__main__":
    cases.main()
