"""A service manager for tests: what systemd does at the end of NOTIFY_SOCKET."""

import os
import socket
import threading
import uuid

from .processes import SLACK, boot_time, wait_until


class ServiceManager:
    """Keeps the reports of one service: pairs of (name, value). close() ends it. `abstract`: its
    socket has a name and no file, as in containers."""

    def __init__(self, folder, watchdog=None, abstract=False):
        name = uuid.uuid4().hex
        self.address = "\0tenure-" + name if abstract else os.path.join(folder, name)
        self.environment = {"NOTIFY_SOCKET": self.address.replace("\0", "@")}
        if watchdog:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.socket.bind(self.address)
        self.reports = []  # (time, name, value)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        while datagram := self.socket.recv(65536):
            now = boot_time()
            for line in datagram.decode().splitlines():
                name, _, value = line.partition("=")
                self.reports.append((now, name, value))

    def values(self, name):
        return [value for _, one, value in list(self.reports) if one == name]

    def times(self, name):
        return [time for time, one, _ in list(self.reports) if one == name]

    def status(self):
        return (self.values("STATUS") or [None])[-1]

    def wait_for(self, name, count=1, seconds=20):
        wait_until(lambda: len(self.values(name)) >= count, seconds * SLACK,
                   what=f"{count} {name} in {self.reports}")

    def wait_for_status(self, text, seconds=30):
        wait_until(lambda: self.status() == text, seconds * SLACK,
                   what=f"the status '{text}' in {self.values('STATUS')}")

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"", self.address)
        self.reader.join()
        self.socket.close()
