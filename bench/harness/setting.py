"""What every benchmark is given: the build, the servers, the subjects, and where results go."""

import contextlib
import os
import tempfile
import time

from .processes import Subject
from .servers import DEFAULT_CONNECTIONS, Running

# The subjects that are not peers, and how they are called.
OURS = {"tenure": ("tenure_subject",), "floor": ("floor",),
        "floor-guarded": ("floor", "--guarded")}


class Setting:
    def __init__(self, build, results, quick=False, servers=("consul", "agent"), peers=(),
                 most=100_000, out=None):
        self.build = build
        self.results = results
        self.quick = quick
        self.servers = servers
        self.peers = peers
        self.most = most
        self.out = out
        self.folder = tempfile.mkdtemp(prefix="tenure-bench-")
        self.began = time.monotonic()

    def progress(self, text):
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", file=self.out, flush=True)

    def sizes(self, *all_sizes, quick=2):
        """As many of the sizes as are wanted: the first few in a quick run."""
        return [n for n in (all_sizes[:quick] if self.quick else all_sizes) if n <= self.most]

    def runs(self, full, quick=2):
        return quick if self.quick else full

    @contextlib.contextmanager
    def server(self, kind, connections=DEFAULT_CONNECTIONS, counting=False):
        server = Running(kind, self.build, connections, counting)
        try:
            yield server
        finally:
            server.close()

    @contextlib.contextmanager
    def subjects(self):
        """`start(name, server, *options)` starts a subject; all end with the block."""
        started = []

        def start(name, server, *options):
            argv, environment = self.command(name, server)
            subject = Subject(name, [*argv, *options], environment, self.folder)
            started.append(subject)
            return subject

        try:
            yield start
        finally:
            for subject in started:
                subject.kill()

    def command(self, name, server):
        if name in OURS:
            program, *options = OURS[name]
            return [os.path.join(self.build, "bench", program), *options], server.environment
        peer = next(p for p in self.peers if p.name == name)
        return peer.command(server)

    def peers_for(self, bench, server_kind):
        """Peers run beside the real server only."""
        return [p for p in self.peers if bench in p.benches] if server_kind == "consul" else []
