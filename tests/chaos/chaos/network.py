"""The hosts of a run, each with an address of its own: network namespaces on a bridge where this
machine allows them, else addresses of the loopback, between which nothing can be cut."""

import collections
import os
import subprocess
import sys
import threading

INSIDE = "TENURE_CHAOS_INSIDE"
CUTS = collections.Counter()
CUTS_LOCK = threading.Lock()
NOWHERE = "02:00:00:00:00:99"  # the address of no network card


def enter():
    """Runs this program again where its network and its processes are its own, and end with it.
    TENURE_CHAOS_NETWORK=loopback does without."""
    if os.environ.get(INSIDE):
        return
    if os.environ.get("TENURE_CHAOS_NETWORK") == "loopback":
        os.environ[INSIDE] = "loopback"
        return
    apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    for more in ([], ["--map-root-user"]):
        test = [*apart, *more, "sh", "-c",
                "mount -t tmpfs none /run && ip link add name bridge0 type bridge"]
        if subprocess.run(test, capture_output=True, check=False).returncode == 0:
            os.environ[INSIDE] = "namespaces"
            os.execvp("unshare", [*apart, *more, sys.executable, *sys.argv])
    print("chaos: this machine allows no network namespaces: the loopback, without partitions",
          flush=True)
    os.environ[INSIDE] = "loopback"


def isolated():
    return os.environ.get(INSIDE) == "namespaces"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, stdin=subprocess.DEVNULL)


class Host:
    """A host: what runs on it, runs behind `prefix`."""

    def __init__(self, name, number):
        self.name = name
        loopback = f"127.{100 + os.getpid() % 100}.0.{number}"
        self.address = f"10.77.0.{number}" if isolated() else loopback
        self.prefix = ["ip", "netns", "exec", name] if isolated() else []
        if isolated():
            ip("netns", "add", name)
            ip("link", "add", "v-" + name, "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", "v-" + name, "master", "bridge0", "up")
            ip("-n", name, "addr", "add", self.address + "/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")

    def cut_to(self, others):
        """What this host sends to the others is lost, and nothing says so. Cuts count: each is
        mended by its own call."""
        for other in others:
            with CUTS_LOCK:
                CUTS[self.name, other.name] += 1
                if CUTS[self.name, other.name] == 1:
                    self._cut(other)

    def mend_to(self, others):
        for other in others:
            with CUTS_LOCK:
                CUTS[self.name, other.name] -= 1
                if CUTS[self.name, other.name] == 0:
                    ip("-n", self.name, "neigh", "del", other.address, "dev", "eth0")

    def _cut(self, other):
        ip("-n", self.name, "neigh", "replace", other.address, "lladdr", NOWHERE, "dev", "eth0",
           "nud", "permanent")


def prepare():
    """The bridge to which all hosts are connected, this process, too."""
    if not isolated():
        return
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    os.makedirs("/run/netns", exist_ok=True)
    ip("link", "set", "lo", "up")
    ip("link", "add", "name", "bridge0", "type", "bridge")
    ip("addr", "add", "10.77.0.254/24", "dev", "bridge0")
    ip("link", "set", "bridge0", "up")
