"""The base of the end-to-end tests."""

import os
import shutil
import sys
import tempfile
import threading
import unittest

from . import consul
from .agent import Agent
from .processes import Zoo

SKIPPED = 77  # ctest reports a test with this exit code as skipped


class Case(unittest.TestCase):
    """A test with its own folder and its own processes."""

    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tenure-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.zoo = Zoo(self.folder)
        self.addCleanup(self.zoo.close)

    def start(self, *argv, **more):
        return self.zoo.start(*argv, **more)

    def run_to_end(self, *argv, **more):
        return self.zoo.run(*argv, **more)

    def all_at_once(self, *functions):
        """Calls them in parallel threads, because they mostly wait. All must succeed."""
        failed = []

        def call(function):
            try:
                function()
            except BaseException as error:  # pylint: disable=broad-except
                failed.append((function.__name__, error))

        threads = [threading.Thread(target=call, args=(f,)) for f in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, error in failed[1:]:
            print(f"also failed: {name}: {error!r}", file=sys.stderr)
        if failed:
            raise failed[0][1]


class ServerCase(Case):
    """A test against a server that all tests of the class share: a real Consul, or the embedded
    agent if TENURE_E2E_SERVER is "agent". Each test has its own key."""

    @classmethod
    def setUpClass(cls):
        cls.server_folder = tempfile.mkdtemp(prefix="tenure-e2e-server-")
        cls.addClassCleanup(shutil.rmtree, cls.server_folder, ignore_errors=True)
        cls.server = Agent(cls.server_folder) if on_agent() else consul.Server(cls.server_folder)
        cls.addClassCleanup(cls.server.close)
        cls.consul = cls.server.client

    def setUp(self):
        super().setUp()
        self.key = "e2e/" + self.id().rpartition(".")[2]
        self.environment = {"CONSUL_HTTP_ADDR": self.server.address}

    def start(self, *argv, env=None, **more):
        return super().start(*argv, env={**self.environment, **(env or {})}, **more)

    def run_to_end(self, *argv, env=None, **more):
        return super().run_to_end(*argv, env={**self.environment, **(env or {})}, **more)


def on_agent():
    return os.environ.get("TENURE_E2E_SERVER") == "agent"


def in_ci():
    return os.environ.get("CI") in ("true", "1")


def main(needs_consul=False):
    """Runs the tests of the calling file. Without Consul, tests that need it are skipped; in
    continuous integration that is an error."""
    if needs_consul and not on_agent() and not consul.installed():
        if in_ci():
            sys.exit("consul is missing, and CI is set")
        print("skipped: consul is not installed (./dev setup installs it)")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
