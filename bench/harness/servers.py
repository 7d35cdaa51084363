"""The servers that subjects connect to: a real Consul with a data directory, and the embedded
agent, both started by the code of the end-to-end tests."""

import os
import re
import resource
import shutil
import sys
import tempfile

from .tls import Certificates

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

# Consul refuses to start with fewer descriptors than its limit of connections, and each blocking
# query holds one.
WANTED_DESCRIPTORS = 20_000
# A hundred candidates represent a hundred machines, each with its own address, so the limit of
# connections per address must not apply.
MANY_ADDRESSES = 4000
DEFAULT_CONNECTIONS = 200

COUNT = re.compile(r"^consul_(http_\w+|txn_apply|txn_read)_count (\d+)$", re.MULTILINE)
TRANSACTIONS = {"txn_apply": "write", "txn_read": "read"}


def raise_descriptors():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(WANTED_DESCRIPTORS,
                                                                           hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Running:
    """A server of one kind ("consul" or "agent") on free ports; close() stops it. With `counting`,
    requests() works if it is a Consul, which with `tls` serves HTTPS beside HTTP."""

    def __init__(self, kind, build, connections=DEFAULT_CONNECTIONS, counting=False, tls=False):
        os.environ["TENURE_BUILD"] = build
        from support import agent, consul  # imported here: they read TENURE_BUILD on import
        self.kind = kind
        self.folder = tempfile.mkdtemp(prefix="tenure-bench-server-")
        try:
            if kind == "consul":
                settings = {"limits": {"http_max_conns_per_client": connections}}
                if counting:
                    settings["telemetry"] = {"prometheus_retention_time": "10h"}
                if tls:
                    self.certificates = Certificates(os.path.join(self.folder, "certificates"))
                    settings.update(self.certificates.settings)
                self.server = consul.Server(self.folder, **settings)
            else:
                self.server = agent.Agent(self.folder)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.client = self.server.client

    @property
    def address(self):
        return self.server.address.removeprefix("http://")

    @property
    def port(self):
        return int(self.address.rpartition(":")[2])

    @property
    def pid(self):
        return self.server.process.pid

    @property
    def environment(self):
        return {"CONSUL_HTTP_ADDR": self.address}

    @property
    def tls_environment(self):
        return {"CONSUL_HTTP_ADDR": self.server.https_address,
                "CONSUL_CACERT": self.certificates.authority}

    @property
    def tls_port(self):
        return int(self.server.https_address.rpartition(":")[2])

    @property
    def operations(self):
        """How many operations it takes in a transaction."""
        from support import consul
        return 64 if self.kind == "consul" and consul.version() < (1, 14) else 128

    def destroy_sessions(self, name=None):
        """Destroys the sessions whose names begin with `name`, or all; returns their number."""
        found = self.client.json("GET", "/v1/session/list")
        chosen = [s for s in found if name is None or s["Name"].startswith(name)]
        for session in chosen:
            self.client.destroy_session(session["ID"])
        return len(chosen)

    def clear(self):
        """Deletes all sessions and keys, so that no run sees those of an earlier one."""
        self.destroy_sessions()
        self.client.request("DELETE", "/v1/kv/", recurse="")

    def requests(self):
        """The number of requests that it has answered so far, by kind ("GET_v1_kv",
        "PUT_v1_session_renew", ...; transactions as "read" and "write"), or None if the server does
        not count. A blocking query counts when it is answered. Requests for these metrics do not
        count."""
        status, _, text = self.client.request("GET", "/v1/agent/metrics", format="prometheus")
        if status != 200:
            return None
        counts = {}
        for name, count in COUNT.findall(text.decode()):
            kind = TRANSACTIONS.get(name) or name.removeprefix("http_").rstrip("_")
            if "agent_metrics" not in kind and kind != "PUT_v1_txn":
                counts[kind] = int(count)
        return counts

    def close(self):
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def consul_version():
    from support import consul
    return ".".join(map(str, consul.version())) if consul.installed() else None
