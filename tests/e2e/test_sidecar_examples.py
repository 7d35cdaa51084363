#!/usr/bin/env python3
"""The examples of docs/sidecar-clients.md: the end of the stream means that they do not lead, and
they subscribe again."""

import socket
import sys
import threading

from support import cases, examples
from support.elector import free_address, listening, start, wait_for_leader
from support.processes import SLACK, wait_until

LANGUAGES = (examples.python, examples.typescript, examples.go, examples.kotlin)


def programs():
    """The command and the environment of each example, by its language."""
    made, failed = {}, {}

    def build(make):
        try:
            made[make.__name__] = make()
        except examples.Unavailable as problem:
            failed[make.__name__] = problem

    builds = [threading.Thread(target=build, args=(make,)) for make in LANGUAGES]
    for one in builds:
        one.start()
    for one in builds:
        one.join()
    for name, problem in failed.items():
        print(f"left out: {name}: {problem}", file=sys.stderr)
    if cases.in_ci() or len(made) + len(failed) < len(LANGUAGES):
        assert len(made) == len(LANGUAGES), "an example could not be built"
    return made


class ExamplesTest(cases.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = programs()

    def sidecar(self):
        process = start(self, env={"ELECTOR_HTTP": self.address}, wait=False)
        listening(self, process)
        return process

    def test_the_end_of_the_stream_means_not_leader(self):
        self.address = free_address()
        sidecar = self.sidecar()
        wait_for_leader(self.address, socket.gethostname())
        clients = {
            name: self.start(*command, env={"ELECTOR_SSE_URL": f"http://{self.address}/sse", **env})
            for name, (command, env) in self.programs.items()}

        def said(expected):
            for name, client in clients.items():
                wait_until(lambda c=client: len(self.zoo.output_lines(c)) >= len(expected) or
                           c.poll() is not None, 40 * SLACK, what=f"{name}: {expected[-1]}")
                self.assertEqual(expected, self.zoo.output_lines(client),
                                 f"{name}: {self.zoo.errors(client)}")

        said(["leader"])
        sidecar.kill()
        said(["leader", "not leader"])
        # Its session would keep the key for a while.
        entry, _ = self.consul.get(self.key)
        self.consul.destroy_session(entry["Session"])
        sidecar = self.sidecar()
        said(["leader", "not leader", "leader"])
        sidecar.terminate()
        self.assertEqual(0, sidecar.wait(20))
        said(["leader", "not leader", "leader", "not leader"])


if __name__ == "__main__":
    cases.main()
