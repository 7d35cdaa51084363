"""The machine of a replica: its host, its Consul agent, the proxy before that, and its programs."""

import os
import subprocess
import sys

from .servers import HTTP, HTTPS

PLAIN, SECURE = 9500, 9501


class Machine:
    def __init__(self, host, agent, folder, files):
        self.host, self.name, self.agent = host, host.name, agent
        self.folder, self.files = folder, files
        self.inner = "127.0.0.1" if host.prefix else host.address
        self.programs = []
        self.proxy = None

    def start_proxy(self):
        self.proxy = subprocess.Popen(
            [*self.host.prefix, sys.executable,
             os.path.join(os.path.dirname(__file__), "proxy.py"),
             f"{self.inner}:{PLAIN}", f"{self.inner}:{HTTP}",
             f"{self.inner}:{SECURE}", f"{self.inner}:{HTTPS}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        if self.proxy.stdout.readline() != "ready\n":
            raise RuntimeError("no proxy on " + self.name)

    def order(self, line):
        self.proxy.stdin.write(line + "\n")

    def environment(self, secure):
        """How a program finds Consul, by TLS or not, through the proxy."""
        if not secure:
            return {"CONSUL_HTTP_ADDR": f"http://{self.inner}:{PLAIN}"}
        cert, key = self.files.client
        return {"CONSUL_HTTP_ADDR": f"https://{self.inner}:{SECURE}",
                "CONSUL_CACERT": self.files.ca, "CONSUL_CLIENT_CERT": cert,
                "CONSUL_CLIENT_KEY": key}

    def close(self):
        if self.proxy is not None:
            self.proxy.kill()
            self.proxy.wait()
            self.proxy.stdin.close()
            self.proxy.stdout.close()
