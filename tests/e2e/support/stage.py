"""Runners of `tenure run` that contend for one key."""

import os
import time

from . import marks
from .processes import MARK, TENURE, Zoo, wait_until

SPAN = 2.0
TTL = 10.0


class Stage:
    """Runners that contend for one key, and the marks of their commands."""

    def __init__(self, case, name):
        folder = os.path.join(case.folder, name)
        os.mkdir(folder)
        self.zoo = Zoo(folder)
        case.addCleanup(self.zoo.close)
        self.case = case
        self.key = f"e2e/failover/{name}"
        self.consul = case.consul

    def run(self, name, *options, hold_ms=0, command=None, extra=(),
            span=SPAN):
        mark = [MARK, self.zoo.path("marks"), name, hold_ms, *extra]
        return self.zoo.start(TENURE, "run", "--span", f"{span:.0f}s", "--ttl", f"{TTL:.0f}s",
                              "--value", name, "--log-level", "info", *options, self.key, "--",
                              *(command or mark), env=self.case.environment, cwd=self.zoo.folder)

    def marks(self, event=None, name=None):
        everything = marks.read(self.zoo.path("marks"))
        return marks.of(everything, event, name) if event else everything

    def wait_for(self, event, name, seconds=40):
        return wait_until(lambda: self.marks(event, name), seconds, what=f"{event} of {name}")[0]

    def wait_until_seen(self, process):
        """Waits until a runner campaigns and knows the holder of the key."""
        wait_until(lambda: "session created" in self.zoo.errors(process), what="a session")
        time.sleep(0.3)

    def session_end(self, session):
        """The time at which a blocking query saw that the session no longer held the key."""
        return self.consul.wait_for(self.key, lambda e: not e or e.get("Session") != session)[1]

    def check_no_overlap(self):
        self.case.assertEqual([], marks.overlaps(self.marks()))
