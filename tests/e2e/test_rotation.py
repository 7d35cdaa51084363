#!/usr/bin/env python3
"""Tokens and certificates are replaced while a process leads a hundred elections: no term ends, and
then only the new ones are in use."""

import os
import time
import uuid

from support import cases
from support.certificates import Authority, replace
from support.processes import SLACK, TENURE, boot_time, connections_to, wait_until
from support.secure import SecureCase

PROBE = os.environ["TENURE_TENANTS_PROBE"]
ELECTIONS = 100
SPAN = 6


class RotationTest(SecureCase):
    def rules(self, name):
        return [f'key_prefix "{name}/" {{ policy = "write" }}',
                'session_prefix "" { policy = "write" }']

    def lead(self, name, environment):
        """A process that leads all elections of that name."""
        with open(self.zoo.path(name), "w", encoding="ascii") as file:
            file.write(f"{name} -\n")
        probe = self.start(PROBE, self.zoo.path(name), ELECTIONS, env=environment)
        wait_until(lambda: self.begun(probe) == ELECTIONS, 30 * SLACK, 0.05, "every term")
        return probe

    def begun(self, probe):
        return len([x for x in self.zoo.output_lines(probe) if x.startswith("begin ")])

    def check_leads(self, probe):
        lines = self.zoo.output_lines(probe)
        self.assertEqual((None, ELECTIONS), (probe.poll(), len(lines)), lines[ELECTIONS:])

    def check_for(self, probe, seconds):
        """The terms last that long."""
        end = boot_time() + seconds
        while boot_time() < end:
            time.sleep(0.2)
            self.check_leads(probe)

    def rotate_tokens(self):
        environment = self.secure(self.rules("tokens"))
        file = environment["CONSUL_HTTP_TOKEN_FILE"]
        accessor = self.accessors[file]
        probe = self.lead("tokens", environment)
        for number in range(3):
            old = accessor
            accessor, secret = self.server.create_token(f"tokens-{number}", self.rules("tokens"))
            with open(file + ".new", "w", encoding="ascii") as out:
                out.write(secret + "\n")
            os.rename(file + ".new", file)
            time.sleep(1)
            self.consul.json("DELETE", "/v1/acl/token/" + old)
            self.check_for(probe, SPAN + 1)
        probe.terminate()
        self.assertEqual(0, probe.wait(30 * SLACK))

    def rotate_certificates(self):
        files = self.files
        environment = self.secure(self.rules("certificates"))
        probe = self.lead("certificates", environment)
        port = int(self.server.https_address.rpartition(":")[2])
        before = connections_to(probe.pid, port)

        def install(pair, names):
            replace(pair[0], names[0])
            time.sleep(0.5)  # certificate and key do not match for a while
            replace(pair[1], names[1])

        def look():
            """A new process gets along with the files."""
            self.server.reload()
            code, output, errors = self.run_to_end(TENURE, "list", "certificates/", env=environment)
            self.assertEqual((0, ""), (code, errors))
            self.assertEqual(ELECTIONS + 1, len(output.splitlines()))
            self.check_for(probe, 2)

        # Renewed by the same authority.
        install(files.authority.issue("server-2"), files.server)
        look()
        install(files.authority.issue("client-2"), files.client)
        look()
        # Another authority: first both are trusted, then the new one alone.
        other = Authority(self.folder, "another-authority")
        both = self.zoo.path("both.pem")
        with open(both, "w", encoding="ascii") as out:
            for name in (files.authority.file, other.file):
                with open(name, encoding="ascii") as one:
                    out.write(one.read())
        replace(both, files.ca)
        look()
        install(other.issue("server-3"), files.server)
        look()
        install(other.issue("client-3"), files.client)
        look()
        replace(other.file, files.ca)
        look()
        code, _, errors = self.run_to_end(
            TENURE, "list", "certificates/",
            env={**environment, "CONSUL_CACERT": files.authority.file})
        self.assertEqual(69, code)
        self.assertIn("CONSUL_CACERT", errors)

        def renewed():
            # An idle program replaces its connections as its polls end, within a minute.
            self.consul.request("PUT", "/v1/kv/certificates/neighbour", uuid.uuid4().hex)
            return not before & connections_to(probe.pid, port)

        wait_until(renewed, 30 * SLACK, 0.5, "new connections")
        self.check_for(probe, SPAN)
        probe.terminate()
        self.assertEqual(0, probe.wait(30 * SLACK))

    def test_a_hundred_held_elections(self):
        self.all_at_once(self.rotate_tokens, self.rotate_certificates)


if __name__ == "__main__":
    cases.main(needs_consul=True)
