#!/usr/bin/env python3
"""A leader with liveness dies by kill -9: the next one starts in time, and the dead leader's
service disappears from service discovery."""

from support import cases
from support.processes import SLACK, boot_time, wait_until
from support.stage import Stage

SPAN = 1.0
LIVENESS = 1.0
# Allowance for a busy machine: the programs themselves need 100 ms.
LATE = 1.0 * SLACK
# The delay between the end of a session and the response of a blocking query that shows it.
SEEN_LATE = 0.05
# Consul reaps a service whose check has been critical for a minute, and looks every 30 s.
REAPED = 100


class LivenessTest(cases.ServerCase):
    def lively(self, stage, name):
        return stage.run(name, "--liveness", f"{LIVENESS:.0f}s", span=SPAN)

    def services(self):
        """The ids of the services that `tenure run` has registered."""
        found = self.consul.json("GET", "/v1/agent/services")
        return {s["ID"] for s in found.values() if s["Service"].startswith("tenure")}

    def test_killed(self):
        stage = Stage(self, "lively")
        first = self.lively(stage, "a")
        stage.wait_for("begin", "a")
        second = self.lively(stage, "b")
        stage.wait_until_seen(second)
        session = self.consul.holder(stage.key)
        killed_at = boot_time()
        first.kill()
        ended = stage.session_end(session)
        self.assertLess(ended - killed_at, LIVENESS + LATE)
        begin = stage.wait_for("begin", "b")
        print(f"\nkill -9 with a liveness of {LIVENESS} s: session ended after "
              f"{ended - killed_at:.3f} s, the next one led after {begin.time - killed_at:.3f} s "
              f"(span {SPAN} s)")
        self.assertLess(begin.time - killed_at, LIVENESS + SPAN + LATE)
        self.assertGreater(begin.time - ended, SPAN - SEEN_LATE)
        stage.check_no_overlap()
        second.terminate()
        second.wait(10)
        wait_until(lambda: not self.services(), REAPED, pause=0.1,
                   what="an empty service discovery")
        checks = self.consul.json("GET", "/v1/agent/checks")
        self.assertEqual([], [c for c in checks.values() if c["Name"] == "alive"])

    def test_resigned(self):
        """A leader that resigns deregisters its service at once."""
        stage = Stage(self, "orderly")
        others = self.services()
        only = self.lively(stage, "c")
        stage.wait_for("begin", "c")
        mine = self.services() - others
        self.assertEqual(1, len(mine))
        only.terminate()
        only.wait(10)
        self.assertFalse(self.services() & mine)


if __name__ == "__main__":
    cases.main(needs_consul=True)
