"""Go programs that use modules of the Go proxy."""

import os
import shutil
import subprocess
import sys

from . import cases
from .processes import BUILD

CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients")


def build(name):
    """Builds clients/NAME and returns the program. Without Go, or without its modules, None: that
    leaves a line and a part of the test out, and is an error in continuous integration."""
    folder = os.path.join(os.path.abspath(BUILD), "tests", "e2e", "go")
    os.makedirs(folder, exist_ok=True)
    program = os.path.join(folder, name)
    why = "go is not installed"
    if shutil.which("go"):
        built = subprocess.run(["go", "build", "-o", program, "."], cwd=os.path.join(CLIENTS, name),
                               env={**os.environ, "GOFLAGS": "-buildvcs=false"}, timeout=300,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, check=False)
        if built.returncode == 0:
            return program
        why = built.stdout.strip()
    if cases.in_ci():
        raise RuntimeError(f"{name}: {why}")
    print(f"left out: {name}: {why}", file=sys.stderr)
    return None
