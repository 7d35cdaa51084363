"""The base of the end-to-end tests."""

import os
import shutil
import sys
import tempfile
import unittest

from . import consul
from .processes import Zoo

NOT_RUN = 77  # ctest reports a test that ends so as left out


class Case(unittest.TestCase):
    """A test with a folder and processes of its own."""

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


def in_ci():
    return os.environ.get("CI") in ("true", "1")


def main(needs_consul=False):
    """Runs the tests of the calling file. Those that need a real Consul are left out where there
    is none, which continuous integration does not accept."""
    if needs_consul and not consul.installed():
        if in_ci():
            sys.exit("consul is missing, and CI is set")
        print("left out: no consul on this machine (./dev setup installs it)")
        sys.exit(NOT_RUN)
    unittest.main(verbosity=2)
