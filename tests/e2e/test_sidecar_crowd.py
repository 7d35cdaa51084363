#!/usr/bin/env python3
"""Ten thousand subscribers, a thousand of them stalled, while the leader changes."""

import os
import re
import sys
import time

from support import cases, node
from support.elector import body, get, start, wait_for_leader
from support.processes import SLACK, wait_until

LISTENERS = 9000
STALLERS = 1000


class CrowdTest(cases.ServerCase):
    def memory_kib(self, process):
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
            return int(next(x for x in file if x.startswith("VmRSS:")).split()[1])

    def test_ten_thousand_subscribers(self):
        a = start(self, "host-a")
        wait_for_leader(a.address, "host-a")
        b = start(self, "host-b")
        wait_for_leader(b.address, "host-a")
        empty = self.memory_kib(b)
        crowd = self.start(sys.executable, os.path.join(node.CLIENTS, "crowd.py"), b.address,
                           LISTENERS, STALLERS)
        received = lambda name: f"all {name} " in self.zoo.output(crowd)
        wait_until(lambda: received("host-a"), 60 * SLACK, pause=0.05,
                   what="the first event at every subscriber")
        subscribers = lambda: int(re.search(
            rb"\ntenure_http_subscribers (\d+)\n", body(b.address, "/metrics"))[1])
        wait_until(lambda: LISTENERS + STALLERS <= subscribers() <= LISTENERS + STALLERS + 200,
                   20 * SLACK, pause=0.05, what="the subscribers to be counted")
        each = (self.memory_kib(b) - empty) / (LISTENERS + STALLERS)

        # The leader changes. Stalled subscribers delay neither the events of the others nor the
        # sidecar's answers and term.
        a.terminate()
        wait_until(lambda: received("host-b"), 30 * SLACK, pause=0.02,
                   what="the event of host-b at every subscriber")
        slowest = 0.0
        for _ in range(200):
            begin = time.monotonic()
            self.assertEqual(200, get(b.address, "/readyz")[0])
            slowest = max(slowest, time.monotonic() - begin)
        self.assertLess(slowest, 1 * SLACK)
        self.assertIn(b"elector_elections_lost 0\n", body(b.address, "/metrics"))
        print(f"\nmemory {each:.1f} KiB a subscriber, slowest answer {slowest * 1000:.0f} ms, "
              + ", ".join(self.zoo.output(crowd).split("\n")[:3]))
        self.assertLess(each, 16 * SLACK)

        b.terminate()
        self.assertEqual(0, b.wait(30 * SLACK), self.zoo.errors(b))
        self.assertEqual(0, crowd.wait(30 * SLACK), self.zoo.errors(crowd))
        self.assertIn("end after", self.zoo.output(crowd))


if __name__ == "__main__":
    cases.main()
