#!/usr/bin/env python3
"""The library on a real Consul: late requests, operators, and a hundred destroyed sessions."""

import os

from support import cases, consul

PROBE = os.environ["TENURE_LIBRARY_PROBE"]


class Library(cases.Case):
    def probe(self, name):
        server = consul.Server(self.folder)
        self.addCleanup(server.close)
        code, output, errors = self.run_to_end(PROBE, name, timeout=110,
                                               env={"CONSUL_HTTP_ADDR": server.address})
        print(output)
        self.assertEqual(code, 0, errors)

    def test_late_unlock(self):
        self.probe("late unlock")

    def test_late_proclaim(self):
        self.probe("late proclaim")

    def test_late_guarded_write(self):
        self.probe("late guarded write")

    def test_operators_are_noticed(self):
        self.probe("operators are noticed")

    def test_no_two_leases_overlap(self):
        self.probe("no two leases overlap")


if __name__ == "__main__":
    cases.main(needs_consul=True)
