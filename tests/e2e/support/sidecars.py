"""Sidecars that compete in one election, and the services of a Consul agent."""

import json
import os
import threading
import time

from .processes import TENURE, Zoo, boot_time, wait_until


class Sidecars:
    """Processes of `tenure sidecar` that share a key. `span` and `ttl` in seconds."""

    def __init__(self, case, name, span=2.0, ttl=10.0, **election):
        self.case = case
        self.name = name
        self.span = span
        self.ttl = ttl
        self.election = election
        self.key = f"e2e/sidecar/{name}"
        folder = os.path.join(case.folder, name)
        os.mkdir(folder)
        self.zoo = Zoo(folder)
        case.addCleanup(self.zoo.close)
        self.consul = case.consul

    def path(self, name):
        return self.zoo.path(name)

    def start(self, value, consul=None, env=None, top=None, **outputs):
        """One more sidecar. `outputs` are blocks of its election, `top` blocks of the file."""
        election = {"name": self.name, "key": self.key, "value": value,
                    "span": f"{int(self.span * 1000)}ms", "ttl": f"{int(self.ttl)}s",
                    **self.election, **outputs}
        file = self.path(value + ".yaml")
        with open(file, "w", encoding="utf-8") as out:
            json.dump({"elections": [election], **(top or {})}, out)  # JSON is valid YAML
        environment = {"CONSUL_HTTP_ADDR": consul or self.case.server.address, **(env or {})}
        return self.zoo.start(TENURE, "sidecar", "--log-level", "info", file, env=environment,
                              cwd=self.zoo.folder)

    def leader(self):
        """The value of the key while a session holds it."""
        entry, _ = self.consul.get(self.key)
        return entry["Value"] if entry and entry.get("Session") else None

    def wait_for_leader(self, value, seconds=60):
        wait_until(lambda: self.leader() == value, seconds, pause=0.02, what=f"{value} to lead")

    def stop(self, process, seconds=20):
        """Stops a sidecar by SIGTERM. Its exit code."""
        process.terminate()
        return process.wait(seconds)


class Services:
    """The services of one agent."""

    def __init__(self, client):
        self.client = client

    def register(self, service_id, name, **more):
        self.client.request("PUT", "/v1/agent/service/register",
                            json.dumps({"ID": service_id, "Name": name, **more}))

    def deregister(self, service_id):
        self.client.request("PUT", "/v1/agent/service/deregister/" + service_id)

    def all(self):
        status, _, text = self.client.request("GET", "/v1/agent/services")
        if status != 200:
            raise RuntimeError(f"agent/services: {status} {text!r}")
        return json.loads(text)

    def read(self, service_id):
        """The service, without its hash."""
        status, _, text = self.client.request("GET", "/v1/agent/service/" + service_id)
        if status != 200:
            raise RuntimeError(f"agent/service/{service_id}: {status} {text!r}")
        service = json.loads(text)
        service.pop("ContentHash", None)
        return service

    def tagged(self, name, tag="primary"):
        """The ids of the services of that name with that tag."""
        return sorted(s["ID"] for s in self.all().values()
                      if s["Service"] == name and tag in s["Tags"])

    def wait_for_tag(self, name, service_ids, tag="primary", seconds=60):
        """Waits until exactly these have the tag, and returns the time."""
        wanted = sorted(service_ids)
        wait_until(lambda: self.tagged(name, tag) == wanted, seconds, pause=0.01,
                   what=f"{tag} at {wanted}")
        return boot_time()


class TagWatch:
    """Polls continuously which services have a tag, and records every change. The constructor waits
    for the first poll."""

    def __init__(self, services, name, tag="primary"):
        self.services = services
        self.name = name
        self.tag = tag
        self.seen = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._poll)
        self.thread.start()
        wait_until(lambda: self.seen, pause=0.003, what="the first poll of the tags")

    def _poll(self):
        while not self.stopped.is_set():
            now = self.services.tagged(self.name, self.tag)
            if not self.seen or self.seen[-1] != now:
                self.seen.append(now)
            time.sleep(0.003)

    def close(self):
        """The recorded lists of ids, one per change."""
        self.stopped.set()
        self.thread.join()
        return self.seen


def write_script(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
