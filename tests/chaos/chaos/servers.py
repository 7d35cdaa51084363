"""Consul: three servers, and a client agent on the host of each replica. TLS and ACLs are on."""

import json
import os
import signal
import subprocess
import time

from support import consul
from support.certificates import LOOPBACK
from support.processes import wait_until

MASTER = "5ec2e7ba-5b1c-47a5-a2a2-000000000001"
HTTP, HTTPS = 8500, 8501
NOT_THERE = (OSError, RuntimeError, ValueError, consul.http.client.HTTPException)


class Agent:
    """A Consul agent on a host, server or client. What it keeps is in its folder."""

    def __init__(self, host, folder, files, join, servers):
        self.host, self.name = host, host.name
        self.server = servers > 0
        self.folder = os.path.join(folder, host.name)
        os.makedirs(self.folder)
        self.config = os.path.join(self.folder, "config.json")
        self.log = os.path.join(self.folder, "log")
        self.client = consul.Client(f"{host.address}:{HTTP}", MASTER)
        self.files = files.issue(f"consul-{host.name}",
                                 f"{LOOPBACK},IP:{host.address}")
        self.process = None
        self.paused = False
        self.wanted = False  # whether it is to run
        self.deaths = []     # the codes with which it ended by itself
        self._configure(files.file, join, servers)

    def _configure(self, ca, join, servers):
        cert, key = self.files
        tls = {"ca_file": ca, "cert_file": cert, "key_file": key}
        if consul.version() >= (1, 12):
            secured = {"tls": {"defaults": {**tls, "verify_outgoing": True},
                               "https": {"verify_incoming": True},
                               "internal_rpc": {"verify_incoming": True}}}
        else:
            secured = {**tls, "verify_incoming": True, "verify_outgoing": True}
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump({
                "node_name": self.name, "server": self.server, "data_dir": self.folder + "/data",
                **({"bootstrap_expect": servers} if self.server else {}),
                "retry_join": [a.address for a in join], "retry_interval": "1s",
                "bind_addr": self.host.address,
                "client_addr": f"{self.host.address} 127.0.0.1" if self.isolated()
                               else self.host.address,
                "ports": {"http": HTTP, "https": HTTPS, "dns": -1, **consul.without_grpc()},
                "log_level": "info", "disable_update_check": True,
                "performance": {"raft_multiplier": 1}, "leave_on_terminate": False,
                "acl": {"enabled": True, "default_policy": "deny",
                        "tokens": {"master": MASTER, "agent": MASTER, "default": ""}},
                **secured}, file)

    def isolated(self):
        return bool(self.host.prefix)

    def start(self):
        self.note()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.host.prefix, consul.program(), "agent", "-config-file", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.paused, self.wanted = False, True

    def note(self):
        """Keeps its end, if it has ended by itself. It is not to run any more."""
        if self.wanted and self.process.poll() is not None:
            self.deaths.append(self.process.returncode)
        self.wanted = False

    @property
    def pid(self):
        return self.process.pid

    def kill(self):
        self.note()
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)
        self.paused = True

    def resume(self):
        self.process.send_signal(signal.SIGCONT)
        self.paused = False

    def stop(self):
        """As an operator does: SIGTERM, then SIGKILL."""
        self.note()
        if self.process is None or self.process.poll() is not None:
            return
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def leave(self, seconds):
        """As an operator does who takes the node out."""
        self.note()
        try:
            self.client.request("PUT", "/v1/agent/leave", timeout=seconds)
        except NOT_THERE:
            pass
        self.stop()

    def running(self):
        return self.process is not None and self.process.poll() is None and not self.paused


class Cluster:
    def __init__(self, servers, agents):
        self.servers, self.agents = servers, agents

    @property
    def all(self):
        return self.servers + self.agents

    def start(self, seconds):
        for agent in self.all:
            agent.start()
        wait_until(self.works, seconds, 0.2, "Consul to have a leader and all its nodes")

    def works(self):
        """Whether sessions can be made at every agent."""
        try:
            for agent in self.all:
                session = agent.client.request("PUT", "/v1/session/create", '{"TTL": "10s"}',
                                               timeout=2)
                if session[0] != 200:
                    return False
                agent.client.destroy_session(json.loads(session[2])["ID"])
            return True
        except NOT_THERE:
            return False

    def leader(self):
        """The server that leads, as a running one says."""
        for server in self.servers:
            if not server.running():
                continue
            try:
                status, _, text = server.client.request("GET", "/v1/status/leader", timeout=2)
                address = json.loads(text).rpartition(":")[0] if status == 200 else ""
            except NOT_THERE:
                continue
            for one in self.servers:
                if one.host.address == address:
                    return one
        return None

    def ask(self, call, seconds=10.0):
        """call(client), at the first running server that answers; None if none does."""
        end = time.monotonic() + seconds
        while True:
            for server in [s for s in self.servers if s.running()]:
                try:
                    return call(server.client)
                except NOT_THERE:
                    continue
            if time.monotonic() > end:
                return None
            time.sleep(0.2)

    def stop(self):
        for agent in reversed(self.all):
            agent.stop()
