"""The ACL tokens of the programs, each with the policy that `tenure policy` prints, in a file."""

import os
import subprocess
import threading

from support.processes import TENURE

from .programs import PROGRAMS


class Tokens:
    def __init__(self, cluster, folder):
        self.cluster, self.folder = cluster, folder
        self.accessors = {}  # by the name of the program
        self.kinds = set()
        self.lock = threading.RLock()

    def path(self, name):
        return os.path.join(self.folder, "token-" + name)

    def create(self, kind, name):
        """Makes the token of a program, and returns the path of its file."""
        policy = "chaos-" + kind
        if kind not in self.kinds:
            rules = subprocess.run([TENURE, "policy", *PROGRAMS[kind][1]], check=True,
                                   capture_output=True, text=True).stdout
            self.cluster.ask(lambda c: c.json("PUT", "/v1/acl/policy",
                                              {"Name": policy, "Rules": rules}))
            self.kinds.add(kind)
        self._put(kind, name)
        return self.path(name)

    def _put(self, kind, name):
        made = self.cluster.ask(lambda c: c.json("PUT", "/v1/acl/token",
                                                 {"Policies": [{"Name": "chaos-" + kind}]}))
        if made is None:
            return False
        with open(self.path(name) + ".new", "w", encoding="ascii") as file:
            file.write(made["SecretID"] + "\n")
        os.rename(self.path(name) + ".new", self.path(name))
        self.accessors[name] = made["AccessorID"]
        return True

    def rotate(self, program):
        """As an operator does: the new one first, then the old one is revoked. Whether it was."""
        with self.lock:
            old = self.accessors[program.name]
            if not self.renew(program):
                return False
            answer = self.cluster.ask(
                lambda c: c.request("DELETE", "/v1/acl/token/" + old, timeout=5))
            return answer is not None and answer[0] == 200

    def renew(self, program):
        """Whether it has a new token now."""
        return self._put(program.kind, program.name)
