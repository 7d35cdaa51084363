"""The clocks of a machine: a wall clock that is wrong and steps, and a boot clock at its own rate,
by the preloaded library moved_clock."""

import os
import struct

from support.processes import BUILD, boot_time

LIBRARY = os.path.join(BUILD, "tests", "chaos", "libmoved_clock.so")
MOST_RATE = 4500  # millionths: two machines differ by less than the hundredth that leases allow
MOST_SKEW = 2.0   # seconds


class Clock:
    def __init__(self, path, chance):
        self.path = path
        self.rate = chance.randint(-MOST_RATE, MOST_RATE)
        self.since = int(boot_time() * 1e9)
        self.set(chance.uniform(-MOST_SKEW, MOST_SKEW))

    def set(self, ahead):
        """Steps the wall clock: so many seconds ahead of the true time."""
        self.ahead = ahead
        written = struct.pack("=qqq", int(ahead * 1e9), self.rate, self.since)
        mode = "r+b" if os.path.exists(self.path) else "wb"
        with open(self.path, mode) as file:
            file.write(written)

    def environment(self):
        return {"LD_PRELOAD": LIBRARY, "TENURE_CHAOS_CLOCK": self.path}
