#!/usr/bin/env python3
"""More candidates on one machine than Consul's limit of connections allows: each warns once."""

import collections
import signal
import time

from support import cases, consul
from support.processes import SLACK, TENURE, wait_until

PROCESSES = 16
LIMIT = 24  # connections of an address; a candidate wants three
PATIENCE = 60 * SLACK
ENOUGH = 40  # failed requests of all of them
SOME = 5  # seconds, which are some more


def outage_of(warning):
    """What a warning is about: 1.8 resets a connection above the limit, 1.21 answers 429."""
    return "throttled" if ": 429 " in warning else "no answer"


class ConnectionLimitTest(cases.Case):
    def failures(self, level):
        """For each process its lines of that level about failed requests."""
        return [[line for line in self.zoo.error_lines(process)
                 if f" {level} " in line and " failed" in line and " why=" in line]
                for process in self.started]

    def test_one_warning_a_process_and_outage(self):
        server = consul.Server(self.folder, limits={"http_max_conns_per_client": LIMIT})
        self.addCleanup(server.close)
        # The key is held, so they contend for connections as long as the test runs.
        session = server.client.create_session(TTL="600s")
        self.assertTrue(server.client.put("e2e/limit", "held", acquire=session))
        self.started = [self.start(TENURE, "run", "--log-level", "debug", "e2e/limit", "--", "true",
                                   env={"CONSUL_HTTP_ADDR": server.address})
                        for _ in range(PROCESSES)]
        wait_until(lambda: sum(map(len, self.failures("debug"))) > ENOUGH, PATIENCE, pause=0.2,
                   what=f"{ENOUGH} failed requests")
        time.sleep(SOME)
        for warnings in self.failures("warn"):
            outages = collections.Counter(map(outage_of, warnings))
            self.assertEqual([], [x for x, n in outages.items() if n > 1], warnings)
        warned = sum(1 for warnings in self.failures("warn") if warnings)
        self.assertGreater(warned, 1)
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    cases.main(needs_consul=True)
