#!/usr/bin/env python3
"""The node of the leader fails: its agent, its sidecar and everything else on it. Needs agents of
two nodes, and therefore a real Consul."""

import json
import os
import subprocess
import time

from support import cases, consul
from support.processes import SLACK, boot_time, wait_until
from support.sidecars import Services, Sidecars

# How long gossip may take to report a dead node.
GOSSIP = 15.0


class Node:
    """A client agent of another node, on the same loopback."""

    def __init__(self, folder, name, server):
        with open(os.path.join(server.folder, "config.json"), encoding="utf-8") as file:
            server_port = json.load(file)["ports"]["serf_lan"]
        ports = dict(zip(("http", "serf_lan"), consul.free_ports(2)))
        ports.update(dns=-1, **consul.without_grpc())
        config = os.path.join(folder, name + ".json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"ports": ports, "node_name": name, "log_level": "warn",
                       "disable_update_check": True,
                       "retry_join": [f"127.0.0.1:{server_port}"]}, file)
        self.address = f"127.0.0.1:{ports['http']}"
        self.client = consul.Client(self.address)
        with open(os.path.join(folder, name + ".log"), "wb") as log:
            self.process = subprocess.Popen(
                [consul.program(), "agent", "-data-dir", os.path.join(folder, name),
                 "-bind", "127.0.0.1", "-client", "127.0.0.1", "-config-file", config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        wait_until(lambda: self._joined(name), 30, pause=0.1, what="the node to join")

    def _joined(self, name):
        try:
            nodes = self.client.json("GET", "/v1/catalog/nodes")
        except (OSError, RuntimeError):
            return False
        return name in [n["Node"] for n in nodes]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class NodeTest(cases.ServerCase):
    def test_node_lost(self):
        stage = Sidecars(self, "node_lost")
        node = Node(self.folder, "doomed", self.server)
        self.addCleanup(node.kill)
        there, here = Services(node.client), Services(self.consul)
        there.register("a", "node-lost")
        here.register("b", "node-lost")
        first = stage.start("a", consul=node.address, consul_service={"id": "a"})
        there.wait_for_tag("node-lost", ["a"])
        stage.start("b", consul_service={"id": "b"})
        wait_until(lambda: "session" in here.read("b")["Meta"],
                   what="the session of the second instance")
        wait_until(lambda: self.healthy() == ["a"], what="the label in the catalog")

        killed = boot_time()
        first.kill()
        node.kill()
        wait_until(lambda: self.healthy() == ["b"], GOSSIP + stage.span + 5, pause=0.01,
                   what="exactly one primary label among the healthy")
        took = boot_time() - killed
        self.assertEqual(here.read("b")["Meta"]["session"], self.consul.holder(stage.key))
        print(f"\nnode lost: the next primary label after {took:.1f} s (span {stage.span} s)")
        self.assertLess(took, GOSSIP + stage.span + 2 * SLACK)
        time.sleep(1)
        self.assertEqual(["b"], self.healthy())

    def test_servers_gone(self):
        """Without servers there are no proofs, but the agent still accepts changes of a service."""
        stage = Sidecars(self, "servers_gone")
        server = consul.Server(self.folder)
        self.addCleanup(server.close)
        node = Node(self.folder, "cut-off", server)
        self.addCleanup(node.kill)
        there = Services(node.client)
        there.register("c", "servers-gone")
        stage.start("c", consul=node.address, consul_service={"id": "c"})
        there.wait_for_tag("servers-gone", ["c"])
        cut = boot_time()
        server.close()
        wait_until(lambda: not there.tagged("servers-gone"), 20, what="the end of the label")
        took = boot_time() - cut
        print(f"\nservers gone: the label was off after {took:.2f} s (span {stage.span} s)")
        self.assertLess(took, stage.span)

    def healthy(self):
        """The primary instances that Consul reports to clients."""
        found = self.consul.json("GET", "/v1/health/service/node-lost", passing="", tag="primary")
        return sorted(f["Service"]["ID"] for f in found)


if __name__ == "__main__":
    cases.main(needs_consul=True)
