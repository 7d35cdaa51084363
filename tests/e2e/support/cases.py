"""The base of the end-to-end tests."""

import os
import re
import shutil
import sys
import tempfile
import threading
import unittest

from . import consul
from .agent import Agent
from .processes import Zoo, whole_lines

SKIPPED = 77  # ctest reports a test with this exit code as skipped
SANITIZER_REPORT = re.compile(r"(ERROR|WARNING): \w+Sanitizer|: runtime error: ")


class Case(unittest.TestCase):
    """A test with its own folder and its own processes."""

    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tenure-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.zoo = Zoo(self.folder)
        self.addCleanup(self.check_reports)
        self.addCleanup(self.zoo.close)

    def _callTestMethod(self, method):  # of unittest.TestCase
        """A failure tells the last lines that each process wrote to standard error."""
        try:
            method()
        except unittest.SkipTest:
            raise
        except Exception as error:
            for process in self.zoo.started:
                for line in self.zoo.error_lines(process)[-5:]:
                    error.add_note(f"{process.number}: {line[:300]}")
            raise

    def check_reports(self):
        """A report of a sanitizer is a failure, whatever the test expected of the process."""
        for process in self.zoo.started:
            lines = whole_lines(self.zoo.path(f"{process.number}.err"))
            found = [i for i, line in enumerate(lines) if SANITIZER_REPORT.search(line)]
            if found:
                self.fail("\n".join(lines[found[0]:found[0] + 40]))

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
