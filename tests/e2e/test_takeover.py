#!/usr/bin/env python3
"""A leader's session dies and deletes its key: the successor starts one span later, whatever the
lock-delay of that session, and holds the key as soon as the lock-delay allows."""

import os
import signal
import time

from support import cases
from support.processes import SLACK, boot_time, wait_until

PROBE = os.environ["TENURE_TAKEOVER_PROBE"]
SPAN = 4.0
# The delay from the end of a session to the answer of a blocking query.
QUERY_DELAY = 0.05
SOON = 0.6 * SLACK


class TakeoverTest(cases.ServerCase):
    def test_take_overs(self):
        self.all_at_once(self.own_session, self.foreign_session_without_lock_delay,
                         self.foreign_session_with_a_short_lock_delay,
                         self.foreign_session_with_a_long_lock_delay, self.writer_leaves)

    def stand(self, key, value):
        return self.start(PROBE, key, value)

    def began(self, process, seconds=40):
        line = wait_until(lambda: self.zoo.output_lines(process), seconds, what="a term")[0]
        return float(line.split()[2])

    def dies(self, key):
        died_at = boot_time()
        self.consul.destroy_session(self.consul.holder(key))
        return died_at

    def check_span(self, name, took, least=SPAN):
        print(f"\n{name}: the successor started {took:.3f} s after the session had died "
              f"(span {SPAN} s)")
        self.assertGreater(took, least - QUERY_DELAY)
        self.assertLess(took, least + SOON)

    def check_placeholder(self, key):
        entry, _ = self.consul.get(key)
        self.assertEqual("no leader", entry["Value"])
        self.assertNotIn("Session", entry)

    def own_session(self):
        key = "takeover/own/leader"
        first = self.stand(key, "a")
        self.began(first)
        second = self.stand(key, "b")
        time.sleep(1)
        first.send_signal(signal.SIGSTOP)
        died_at = self.dies(key)
        time.sleep(1)
        self.check_placeholder(key)
        self.check_span("a session of ours", self.began(second) - died_at)

    def foreign(self, name, lock_delay):
        """Returns the seconds until the successor held the key, and until it led."""
        key = f"takeover/{name}/leader"
        session = self.consul.create_session(Behavior="delete", LockDelay=lock_delay, TTL="60s")
        self.consul.put(key, "foreign", acquire=session)
        successor = self.stand(key, "b")
        time.sleep(1)
        died_at = self.dies(key)
        held_at = self.consul.wait_for(
            key, lambda e: e and e.get("Session") not in (None, session))[1]
        return held_at - died_at, self.began(successor) - died_at

    def foreign_session_without_lock_delay(self):
        held, led = self.foreign("none", "0s")
        self.assertLess(held, SOON)
        self.check_span("a foreign session without a lock-delay", led)

    def foreign_session_with_a_short_lock_delay(self):
        held, led = self.foreign("short", "1ms")
        self.assertLess(held, SOON)
        self.check_span(f"a foreign session with a lock-delay of 1 ms (held after {held:.3f} s)",
                        led)

    def foreign_session_with_a_long_lock_delay(self):
        held, led = self.foreign("long", "15s")
        self.check_span("a foreign session with a lock-delay of 15 s", led, least=15.0)
        self.assertLess(led - held, SOON)

    def writer_leaves(self):
        key = "takeover/leaves/leader"
        session = self.consul.create_session(Behavior="delete", LockDelay="15s", TTL="60s")
        self.consul.put(key, "foreign", acquire=session)
        candidate = self.stand(key, "b")
        time.sleep(1)
        self.dies(key)
        time.sleep(1)
        self.check_placeholder(key)
        candidate.send_signal(signal.SIGTERM)
        candidate.wait(10)
        self.assertIsNone(self.consul.get(key)[0])


if __name__ == "__main__":
    cases.main(needs_consul=True)
