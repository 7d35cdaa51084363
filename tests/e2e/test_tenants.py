#!/usr/bin/env python3
"""A hundred tenants of one process, each with its own token, on a Consul that denies every request
without one: one budget of connections, and a revoked token that concerns its tenant alone."""

import os
import signal
import threading
import time
import uuid

from support import cases, consul
from support.processes import SLACK, boot_time, connections_to, wait_until

PROBE = os.environ["TENURE_TENANTS_PROBE"]
TENANTS, ELECTIONS = 100, 3
BUDGET = 80
SPAN = 15  # the default
MASTER = "5ec2e7ba-5b1c-47a5-a2a2-000000000001"


class Sampler(threading.Thread):
    """Counts the connections of the probes ten times a second."""

    def __init__(self, probes, port):
        super().__init__(daemon=True)
        self.probes = probes
        self.port = port
        self.most = 0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.1):
            for probe in list(self.probes):
                try:
                    self.most = max(self.most, len(connections_to(probe.pid, self.port)))
                except OSError:  # it has ended
                    pass

    def close(self):
        self.ended.set()
        self.join()


class TenantsTest(cases.Case):
    def setUp(self):
        super().setUp()
        self.server = consul.Server(
            self.folder, limits={"http_max_conns_per_client": 2 * BUDGET + 20},
            acl={"enabled": True, "default_policy": "deny", "tokens": {"master": MASTER}})
        self.addCleanup(self.server.close)
        self.names = [f"tenant-{number}" for number in range(TENANTS)]
        self.tokens = {name: str(uuid.uuid4()) for name in self.names}
        self.accessors = {}
        for name in self.names:
            self.server.client.json("PUT", "/v1/acl/policy", {
                "Name": name,
                "Rules": f'key_prefix "{name}/" {{ policy = "write" }}'
                         ' session_prefix "" { policy = "write" }'})
            self.grant(name)
        with open(self.zoo.path("tenants"), "w", encoding="ascii") as file:
            file.writelines(f"{name} {token}\n" for name, token in self.tokens.items())
        self.probes = []
        self.sampler = Sampler(self.probes, int(self.server.address.rpartition(":")[2]))
        self.sampler.start()
        self.addCleanup(self.sampler.close)

    def grant(self, name):
        answer = self.server.client.json("PUT", "/v1/acl/token", {
            "SecretID": self.tokens[name], "Policies": [{"Name": name}]})
        self.accessors[name] = answer["AccessorID"]

    def revoke(self, name):
        self.server.client.json("DELETE", "/v1/acl/token/" + self.accessors[name])

    def start_probe(self):
        probe = self.start(PROBE, self.zoo.path("tenants"), str(ELECTIONS),
                           env={"CONSUL_HTTP_ADDR": self.server.address})
        self.probes.append(probe)
        return probe

    def terms(self, probe):
        """The terms of a probe so far, by election: [begin, end, reason] with times in ns; no end:
        it goes on."""
        found = {}
        for line in self.zoo.output_lines(probe):
            what, name, *more = line.split()
            if what == "begin":
                found.setdefault((name, more[0]), []).append([int(more[1]), None, None])
            elif what == "end":
                found[name, more[0]][-1][1:] = int(more[1]), more[2]
        return found

    def leading(self, probe):
        """The elections that the probe leads now."""
        return {key for key, terms in self.terms(probe).items() if terms[-1][1] is None}

    def check_no_overlap(self):
        now = boot_time() * 1e9
        all_terms = {}
        for probe in self.probes:
            for key, terms in self.terms(probe).items():
                all_terms.setdefault(key, []).extend([b, e or now] for b, e, _ in terms)
        for key, terms in all_terms.items():
            terms.sort()
            for earlier, later in zip(terms, terms[1:]):
                self.assertLessEqual(earlier[1], later[0], key)

    def test_hundred_tenants(self):
        every = {(name, str(i)) for name in self.names for i in range(ELECTIONS)}
        first = self.start_probe()
        wait_until(lambda: self.leading(first) == every, 30 * SLACK, 0.1, "every term")
        second = self.start_probe()
        time.sleep(5)
        # One token is revoked: its terms end, and no other.
        lost = "tenant-7"
        theirs = {key for key in every if key[0] == lost}
        self.revoke(lost)
        wait_until(lambda: not self.leading(first) & theirs, (SPAN + 2) * SLACK, 0.1, "the end")
        time.sleep(2 * SPAN)
        self.assertEqual(self.leading(first), every - theirs)
        self.assertEqual(self.leading(second), set())
        for key, terms in self.terms(first).items():
            self.assertEqual(len(terms), 1, (key, terms))
        # It is valid again: one of the processes leads, without a restart.
        self.grant(lost)
        wait_until(lambda: (self.leading(first) | self.leading(second)) == every, 60 * SLACK, 0.1,
                   "the return of the tenant")
        self.assertGreaterEqual(self.leading(first), every - theirs)
        # The other process notices within seconds that all keys are released.
        first.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(30 * SLACK), 0)
        wait_until(lambda: self.leading(second) == every, 15 * SLACK, 0.1, "the hand-over")
        second.send_signal(signal.SIGTERM)
        self.assertEqual(second.wait(30 * SLACK), 0)
        self.sampler.close()
        self.check_no_overlap()
        self.assertLessEqual(self.sampler.most, BUDGET)
        self.assertGreater(self.sampler.most, BUDGET // 2)


if __name__ == "__main__":
    cases.main(needs_consul=True)
