#!/usr/bin/env python3
"""More processes on one machine than Consul's limit of connections allows: each gets its turn, and
warns once."""

import collections

from support import cases, consul, marks
from support.processes import MARK, SLACK, TENURE

PROCESSES = 40
LIMIT = 50  # connections of an address; a candidate wants two or three
PATIENCE = 90 * SLACK


def outage_of(warning):
    """What a warning is about: 1.8 resets a connection above the limit, 1.21 answers 429."""
    return "throttled" if ": 429 " in warning else "no answer"


class ConnectionLimitTest(cases.Case):
    def test_one_warning_a_process_and_outage(self):
        server = consul.Server(self.folder, limits={"http_max_conns_per_client": LIMIT})
        self.addCleanup(server.close)
        started = [self.start(TENURE, "run", "e2e/limit", "--", MARK, self.zoo.path("marks"), n, 0,
                              env={"CONSUL_HTTP_ADDR": server.address}) for n in range(PROCESSES)]
        for process in started:
            self.assertEqual(0, process.wait(PATIENCE), self.zoo.errors(process))
        done = marks.read(self.zoo.path("marks"))
        self.assertEqual(PROCESSES, len(marks.of(done, "begin")))
        self.assertEqual([], marks.overlaps(done))

        warned = 0
        for process in started:
            warnings = [x for x in self.zoo.error_lines(process) if " warn " in x]
            outages = collections.Counter(outage_of(x) for x in warnings)
            self.assertEqual([], [x for x, n in outages.items() if n > 1], warnings)
            warned += len(outages) > 0
        self.assertGreater(warned, 5, "the limit was not reached")


if __name__ == "__main__":
    cases.main(needs_consul=True)
