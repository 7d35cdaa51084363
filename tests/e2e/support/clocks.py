"""The clocks of a machine: a wall clock that is wrong and steps, and a boot clock at its own rate,
by the preloaded library moved_clock."""

import os
import struct

from .processes import BUILD, boot_time

LIBRARY = os.path.join(BUILD, "tests", "support", "libmoved_clock.so")


class Clock:
    def __init__(self, path, ahead, rate=0):
        """`ahead`: of the wall clock, in seconds. `rate`: of the boot clock, in millionths."""
        self.path = path
        self.rate = rate
        self.since = int(boot_time() * 1e9)
        self.set(ahead)

    def set(self, ahead):
        """Steps the wall clock: so many seconds ahead of the true time."""
        self.ahead = ahead
        written = struct.pack("=qqq", int(ahead * 1e9), self.rate, self.since)
        mode = "r+b" if os.path.exists(self.path) else "wb"
        with open(self.path, mode) as file:
            file.write(written)

    def true(self, shown):
        """The true boot time, in nanoseconds, at which the boot clock shows `shown`."""
        return self.since + round((shown - self.since) * 1e6 / (1e6 + self.rate))

    def environment(self):
        return {"LD_PRELOAD": LIBRARY, "TENURE_TEST_CLOCK": self.path}
