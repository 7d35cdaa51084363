#!/usr/bin/env python3
"""Unchanged clients of the nais elector. All they get of tenure is an address in a variable."""

import json
import os
import re
import socket
import sys

from support import cases, node
from support.elector import start, wait_for_leader
from support.processes import SLACK, wait_until


class ClientsTest(cases.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node = node.prepare()

    def setUp(self):
        super().setUp()
        # Clients recognize themselves by the host's name: only one of the sidecars publishes it.
        self.ours = start(self)
        wait_for_leader(self.ours.address, socket.gethostname())
        self.other = start(self, "another-host")
        wait_for_leader(self.other.address, socket.gethostname())

    def environment_of(self, sidecar):
        host, port = sidecar.address.split(":")
        return {"ELECTOR_PATH": f"{host}:{port}", "ELECTOR_GET_URL": f"http://{host}:{port}/",
                "ELECTOR_SSE_URL": f"http://{host}:{port}/sse"}

    def once(self, *command, sidecar=None):
        code, output, errors = self.run_to_end(
            *command, env=self.environment_of(sidecar or self.ours), cwd=self.node,
            timeout=60 * SLACK)
        self.assertEqual(0, code, errors)
        return output.strip()

    def follow(self, *command):
        """Starts a client of the other sidecar. Returns it with a function that lists the names it
        has received."""
        client = self.start(*command, env=self.environment_of(self.other), cwd=self.node)
        received = lambda: [json.loads(x)["name"] for x in self.zoo.output_lines(client)
                        if x.startswith("{")]
        wait_until(lambda: received() == [socket.gethostname()], 60 * SLACK,
                   what="the first message")
        return client, received

    def check_following(self, *commands):
        clients = [self.follow(*command) for command in commands]
        self.ours.terminate()
        self.assertEqual(0, self.ours.wait(20))
        for client, received in clients:
            wait_until(lambda r=received: r()[-1] == "another-host", 30 * SLACK, what="the change")
            self.assertIn(received()[1:], (["another-host"], ["", "another-host"]),
                          self.zoo.errors(client))

    def python(self, name):
        return [sys.executable, os.path.join(node.CLIENTS, name)]

    def test_get_in_python_and_typescript(self):
        # Common versions of Node do not run TypeScript: the test removes the types, and nothing
        # else.
        with open(os.path.join(self.node, "leader_get.mts"), encoding="utf-8") as file:
            code = re.sub(r" as string|: Promise<boolean>|: \{ name[^}]*\}", "", file.read())
        with open(os.path.join(self.node, "leader_get.mjs"), "w", encoding="utf-8") as file:
            file.write(code)
        self.assertEqual("True", self.once(*self.python("leader_get.py")))
        self.assertEqual("true", self.once("node", "leader_get.mjs"))
        self.ours.terminate()
        wait_for_leader(self.other.address, "another-host")
        self.assertEqual("False", self.once(*self.python("leader_get.py"), sidecar=self.other))
        self.assertEqual("false", self.once("node", "leader_get.mjs", sidecar=self.other))

    def test_streams_in_python_and_node(self):
        self.check_following(self.python("leader_sse.py"), ["node", "leader_events.js"])

    def test_a_browser_s_event_source(self):
        client, received = self.follow("node", "browser.js", self.other.address, 3)
        self.ours.terminate()
        wait_until(lambda: received()[-1] == "another-host", 30 * SLACK, what="the change")
        self.other.terminate()
        self.assertEqual(0, self.other.wait(20))
        self.assertEqual(0, client.wait(30 * SLACK), self.zoo.errors(client))
        self.assertEqual([socket.gethostname(), "another-host"], [x for x in received() if x])
        self.assertNotIn("error", self.zoo.output(client))


if __name__ == "__main__":
    cases.main()
