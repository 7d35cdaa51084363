"""Node programs that use npm packages."""

import filecmp
import fcntl
import os
import shutil
import subprocess

from .processes import BUILD

CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients")
# The tests of the page and of the clients share the packages that npm has installed.
FOLDER = os.path.join(os.path.abspath(BUILD), "tests", "e2e", "node")


def prepare():
    """Prepares a folder with the clients and the packages of their lock file, and returns it."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        names = ("package.json", "package-lock.json")
        done = os.path.join(FOLDER, "installed")
        _, different, missing = filecmp.cmpfiles(CLIENTS, done, names, shallow=False)
        if different or missing:
            shutil.rmtree(done, ignore_errors=True)
            for name in names:
                shutil.copy(os.path.join(CLIENTS, name), FOLDER)
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                           cwd=FOLDER, check=True, stdin=subprocess.DEVNULL, timeout=300)
            os.makedirs(done)
            for name in names:
                shutil.copy(os.path.join(CLIENTS, name), done)
        for name in os.listdir(CLIENTS):
            if name.endswith((".js", ".mts")):
                shutil.copy(os.path.join(CLIENTS, name), FOLDER)
    return FOLDER
