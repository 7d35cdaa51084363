"""The context of a benchmark: the build, the servers, the subjects and the results."""

import contextlib
import os
import tempfile
import time

from .processes import Subject
from .servers import DEFAULT_CONNECTIONS, Running

# The command lines of the subjects that are not peers.
OURS = {"tenure": ("tenure_subject",), "tenure-tls": ("tenure_subject",), "floor": ("floor",),
        "floor-guarded": ("floor", "--guarded")}


class Setting:
    def __init__(self, build, results, out, *, quick, servers, most, tls=False):
        self.build = build
        self.results = results
        self.out = out
        self.quick = quick
        self.servers = servers
        self.most = most
        self.tls = tls
        self.peers = []
        self.folder = tempfile.mkdtemp(prefix="tenure-bench-")
        self.began = time.monotonic()

    def progress(self, text):
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", file=self.out, flush=True)

    def sizes(self, *all_sizes, quick=2):
        """The sizes up to the limit; a quick run takes only the first `quick`."""
        return [n for n in (all_sizes[:quick] if self.quick else all_sizes) if n <= self.most]

    def runs(self, full, quick=2):
        return quick if self.quick else full

    @contextlib.contextmanager
    def server(self, kind, connections=DEFAULT_CONNECTIONS, counting=False):
        server = Running(kind, self.build, connections, counting, self.over_tls(kind))
        try:
            yield server
        finally:
            server.close()

    @contextlib.contextmanager
    def subjects(self):
        """Yields `start(name, server, *options)`, which starts a subject. All subjects are killed
        when the block ends."""
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
            if program == "floor":
                options += ["--operations", server.operations]
            environment = server.tls_environment if name == "tenure-tls" else server.environment
            return [os.path.join(self.build, "bench", program), *options], environment
        peer = next(p for p in self.peers if p.name == name)
        return peer.command(server)

    def over_tls(self, kind):
        """Whether tenure is also measured over TLS on that kind of server."""
        return self.tls and kind == "consul"

    def peers_for(self, bench, server_kind):
        """The peers of a benchmark. They only run beside the real server."""
        return [p for p in self.peers if bench in p.benches] if server_kind == "consul" else []
