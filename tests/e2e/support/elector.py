"""Sidecars with HTTP, and a client that compares bytes."""

import json
import re
import socket

from .processes import TENURE, wait_until

BODY = re.compile(
    rb'\{"name":"([^"]*)","last_update":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}')
FRAME = re.compile(rb"data: (?:\{\}|" + BODY.pattern + rb")\n\n")


def start(case, value=None, env=None, key=None, options=(), wait=True):
    """A sidecar of one election, configured by the elector's variables. Sets the process's
    `addresses`."""
    environment = {"ELECTOR_ELECTION": "app", "ELECTOR_HTTP": "127.0.0.1:0",
                   "TENURE_KEY": key or case.key, "TENURE_SPAN": "2s", "TENURE_TTL": "10s"}
    if value:
        environment["TENURE_VALUE"] = value
    environment.update(env or {})
    process = case.start(TENURE, "sidecar", *options, env=environment)
    if wait:
        process.addresses = listening(case, process)
        process.address = process.addresses[0]
    return process


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as held:
        return "127.0.0.1:%d" % held.getsockname()[1]


def listening(case, process, count=1):
    """The addresses in a sidecar's log, once there are `count` of them or it has started."""
    def look():
        log = case.zoo.errors(process)
        found = re.findall(r"listening address=(\S+)", log)
        return found if len(found) >= count or "elections entered" in log else None
    return wait_until(look, what="the sidecar to listen")


class Raw:
    """One connection, byte for byte."""

    def __init__(self, address, buffer=None):
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(30)
        self.socket.connect((host, int(port)))
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, target, *headers, method="GET", version="1.1", body=b""):
        lines = [f"{method} {target} HTTP/{version}", "Host: localhost", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + body)
        return self

    def _fill(self):
        data = self.socket.recv(65536)
        self.rest += data
        return bool(data)

    def until(self, end):
        while end not in self.rest:
            if not self._fill():
                raise AssertionError(f"closed, after {self.rest!r}")
        got, _, self.rest = self.rest.partition(end)
        return got

    def head(self):
        """(status line, headers as a dictionary)."""
        first, *lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        return first, dict(line.split(": ", 1) for line in lines)

    def chunk(self):
        """The next chunk of the body; empty at the end."""
        size = int(self.until(b"\r\n"), 16)
        while len(self.rest) < size + 2:
            if not self._fill():
                raise AssertionError("closed within a chunk")
        got, end, self.rest = self.rest[:size], self.rest[size:size + 2], self.rest[size + 2:]
        if end != b"\r\n":
            raise AssertionError(f"a chunk ends with {end!r}")
        return got

    def answer(self):
        """(status, headers, body) of an answer with a length."""
        first, headers = self.head()
        size = int(headers["Content-Length"])
        while len(self.rest) < size:
            if not self._fill():
                raise AssertionError("closed within the body")
        got, self.rest = self.rest[:size], self.rest[size:]
        return int(first.split()[1]), headers, got

    def to_end(self):
        while self._fill():
            pass
        return self.rest


def get(address, target="/", *headers, **more):
    with Raw(address) as raw:
        return raw.send(target, *headers, **more).answer()


def body(address, target="/"):
    return get(address, target)[2]


def leader(address, target="/"):
    """The name in the response to GET; None for {}."""
    return json.loads(body(address, target)).get("name")


def wait_for_leader(address, name, seconds=40, target="/"):
    wait_until(lambda: leader(address, target) == name, seconds, pause=0.02,
               what=f"{address} to name {name}")


def open_stream(address, target="/sse", *headers):
    raw = Raw(address).send(target, *headers)
    return raw, raw.head()


def name_in(frame):
    if not FRAME.fullmatch(frame):
        raise AssertionError(f"not a frame: {frame!r}")
    return json.loads(frame[6:]).get("name")
