"""A real Consul server for the tests, and a small client for its HTTP API. The program is the one
that TENURE_CONSUL names, or `consul` on the PATH."""

import base64
import functools
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import time
import urllib.parse

LOCK_FLAGS = 0x2DDCCBC058A50C18  # written and required by consul/api's Lock


def program():
    """The path of Consul, or None."""
    return shutil.which(os.environ.get("TENURE_CONSUL") or "consul")


def installed():
    return program() is not None


@functools.cache
def version():
    """The version as a tuple of numbers: (1, 8, 7)."""
    text = subprocess.run([program(), "version"], capture_output=True, text=True, check=True)
    number = text.stdout.splitlines()[0].removeprefix("Consul v")
    return tuple(int(part) for part in number.partition("+")[0].partition("-")[0].split("."))


def without_grpc():
    """The ports that keep an agent from listening for gRPC. 1.14 has a second one, which is open
    unless it is -1, so two servers on one machine would collide; an older Consul does not know
    its name."""
    return {"grpc": -1, "grpc_tls": -1} if version() >= (1, 14) else {"grpc": -1}


def free_ports(count):
    """Free ports, below those that the kernel assigns to outgoing connections."""
    ports = []
    while len(ports) < count:
        port = random.SystemRandom().randrange(11000, 31000)
        if port in ports:
            continue
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        ports.append(port)
    return ports


class Client:
    """Blocking requests, each on a new connection."""

    def __init__(self, address, token=None):
        self.address = address
        self.headers = {"X-Consul-Token": token} if token else {}

    def request(self, method, path, body=None, timeout=70, **query):
        text = urllib.parse.urlencode({k: v for k, v in query.items() if v is not None})
        connection = http.client.HTTPConnection(self.address, timeout=timeout)
        try:
            connection.request(method, path + ("?" + text if text else ""), body, self.headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, **query):
        data = None if body is None else json.dumps(body)
        status, _, text = self.request(method, path, data, **query)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {text!r}")
        return json.loads(text)

    def get(self, key, index=None, wait=None, stale=False):
        """Returns (entry or None, index). With an index it blocks until the key has a newer one, or
        for `wait`."""
        query = {"index": index, "wait": wait}
        query["stale" if stale else "consistent"] = ""
        status, headers, text = self.request("GET", "/v1/kv/" + key, **query)
        index = int(headers.get("X-Consul-Index", 0))
        if status == 404:
            return None, index
        if status != 200:
            raise RuntimeError(f"GET {key}: {status} {text!r}")
        entry = json.loads(text)[0]
        entry["Value"] = base64.b64decode(entry["Value"] or "").decode()
        return entry, index

    def holder(self, key):
        entry, _ = self.get(key)
        return entry and entry.get("Session")

    def wait_for(self, key, condition, seconds=60):
        """Follows a key by blocking queries until its entry meets the condition. Returns the entry
        and the time at which it was seen (CLOCK_BOOTTIME)."""
        end = time.monotonic() + seconds
        index = None
        while True:
            entry, index = self.get(key, index, "5s" if index else None)
            now = time.clock_gettime(time.CLOCK_BOOTTIME)
            if condition(entry):
                return entry, now
            if time.monotonic() > end:
                raise AssertionError(f"{key}: condition not met within {seconds} s: {entry}")

    def put(self, key, value, **query):
        return self.json_text("PUT", "/v1/kv/" + key, value, **query)

    def json_text(self, method, path, text, **query):
        status, _, answer = self.request(method, path, text, **query)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer!r}")
        return json.loads(answer)

    def delete(self, key):
        return self.json("DELETE", "/v1/kv/" + key)

    def create_session(self, **settings):
        return self.json("PUT", "/v1/session/create", settings)["ID"]

    def destroy_session(self, session):
        return self.json("PUT", "/v1/session/destroy/" + session)


class Server:
    """`consul agent -server` on free ports of the loopback; `settings` are added to its
    configuration. With a certificate (`cert_file`) it serves HTTPS, too. close() stops it."""

    def __init__(self, folder, **settings):
        self.folder = os.path.join(folder, "consul")
        self.settings = settings
        self.token = settings.get("acl", {}).get("tokens", {}).get("master")
        os.makedirs(self.folder)
        self.process = None
        for _ in range(5):  # another process may take a free port before Consul does
            self._start()
            if self._ready():
                return
            self.close()
        raise RuntimeError("consul did not start, see " + self.log)

    def _start(self):
        names = ["http", "server", "serf_lan", "serf_wan"]
        if "cert_file" in {**self.settings, **self.settings.get("tls", {}).get("https", {})}:
            names.append("https")
        ports = dict(zip(names, free_ports(len(names))))
        ports.update(dns=-1, **without_grpc())
        self.address = f"127.0.0.1:{ports['http']}"
        self.https_address = f"https://127.0.0.1:{ports['https']}" if "https" in ports else None
        self.client = Client(self.address, self.token)
        self.log = os.path.join(self.folder, "log")
        config = os.path.join(self.folder, "config.json")
        settings = {
            "ports": ports,
            "log_level": "warn",
            "performance": {"raft_multiplier": 1},
            "disable_update_check": True,
            "limits": {"http_max_conns_per_client": 2000},
            **self.settings,
        }
        with open(config, "w", encoding="utf-8") as file:
            json.dump(settings, file)
        data = os.path.join(self.folder, "data")
        shutil.rmtree(data, ignore_errors=True)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program(), "agent", "-server", "-bootstrap-expect=1", "-data-dir", data,
                 "-bind", "127.0.0.1", "-client", "127.0.0.1", "-config-file", config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def _ready(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            try:
                # No session can be created before Consul has a leader and a node in the catalog.
                if self.client.json("GET", "/v1/status/leader") and \
                        self.client.json("GET", "/v1/catalog/nodes"):
                    session = self.client.create_session(TTL="10s")
                    self.client.destroy_session(session)
                    return True
            except (OSError, RuntimeError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        return False

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
