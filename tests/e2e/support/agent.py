"""The embedded agent as a process."""

import os
import subprocess

from .consul import Client
from .processes import TENURE, wait_until


class Agent:
    """`tenure agent` on a free port of the loopback. close() stops it."""

    def __init__(self, folder, state="none", start_lock_delay="0s", listen="127.0.0.1:0",
                 options=()):
        self.output = os.path.join(folder, "agent.out")
        with open(self.output, "wb") as out, open(os.path.join(folder, "agent.err"), "ab") as err:
            self.process = subprocess.Popen(
                [TENURE, "agent", "--listen", listen, "--state", state,
                 "--start-lock-delay", start_lock_delay, *options],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        self.listening = wait_until(self._addresses, what="the agent")
        self.address = self.listening[0]
        self.client = Client(self.address)

    def _addresses(self):
        """All of them: it names them in one write."""
        if self.process.poll() is not None:
            raise AssertionError(f"the agent ended with {self.process.returncode}")
        with open(self.output, encoding="utf-8") as file:
            return [line.split()[-1] for line in file
                    if line.startswith("listening on ") and line.endswith("\n")]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
