"""Python packages of PyPI, as they come, for tests of unmodified clients."""

import fcntl
import os
import subprocess
import sys

from .cases import SKIPPED, in_ci
from .processes import BUILD

REQUIREMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients",
                            "requirements.txt")
# All tests share what pip has installed.
FOLDER = os.path.join(os.path.abspath(BUILD), "tests", "e2e", "pypi")


def prepare():
    """Installs the packages of requirements.txt, and returns their folder for PYTHONPATH. Without a
    registry the test is skipped; in continuous integration that is an error."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(REQUIREMENTS, encoding="utf-8") as file:
        wanted = file.read() + sys.version
    done = os.path.join(FOLDER, "installed")
    with open(os.path.join(FOLDER, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(done):
            with open(done, encoding="utf-8") as file:
                if file.read() == wanted:
                    return os.path.join(FOLDER, "packages")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target",
                   os.path.join(FOLDER, "packages"), "--disable-pip-version-check",
                   "--root-user-action=ignore", "--requirement", REQUIREMENTS]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=300, check=False)
        if result.returncode != 0:
            why = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            if in_ci():
                sys.exit(f"pip could not install the clients, and CI is set: {why}")
            print(f"skipped: pip could not install the clients ({why})")
            sys.exit(SKIPPED)
        with open(done, "w", encoding="utf-8") as file:
            file.write(wanted)
    return os.path.join(FOLDER, "packages")
