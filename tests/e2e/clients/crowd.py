"""Ten thousand subscribers in one process: most listen, some stop reading, some come and go.

crowd.py ADDRESS LISTENERS STALLERS prints for each name, when all have been told it, the seconds
from the first to the last listener; it ends with the server."""

import resource
import select
import socket
import sys
import time


class Crowd:
    def __init__(self, address, listeners, stallers):
        host, port = address.rsplit(":", 1)
        self.address = (host, int(port))
        self.epoll = select.epoll()
        self.readers = {}
        self.stalled = []
        self.told = {}   # name: [how many, first, last]
        self.visits = 0
        for i in range(listeners + stallers):
            self.open(stall=i >= listeners)

    def open(self, stall):
        connection = socket.socket()
        if stall:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.connect(self.address)
        connection.sendall(b"GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n")
        if stall:
            self.stalled.append(connection)
        else:
            connection.setblocking(False)
            self.readers[connection.fileno()] = [connection, b""]
            self.epoll.register(connection, select.EPOLLIN)

    def visit(self):
        """One comes, and goes without a word."""
        try:
            self.open(stall=True)
        except OSError:  # it takes nobody any more
            return
        self.visits += 1
        self.stalled.pop().close()

    def read(self, seconds):
        """Reads what there is. False when all listeners have been told of the end."""
        for number, _ in self.epoll.poll(seconds):
            connection, text = self.readers[number]
            data = connection.recv(65536)
            if not data:
                self.epoll.unregister(connection)
                connection.close()
                del self.readers[number]
                continue
            text += data
            *frames, text = text.split(b"\n\n\r\n")
            self.readers[number][1] = text
            for frame in frames:
                name = frame.rpartition(b'{"name":"')[2].partition(b'"')[0].decode()
                now = time.monotonic()
                count, first, _ = self.told.get(name, (0, now, now))
                self.told[name] = (count + 1, first, now)
        return bool(self.readers)


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    listeners = int(sys.argv[2])
    crowd = Crowd(sys.argv[1], listeners, int(sys.argv[3]))
    whole = set()
    while crowd.read(0.01):
        for name, (count, first, last) in crowd.told.items():
            if count >= listeners and name not in whole:
                whole.add(name)
                print(f"all {name or 'nobody'} {last - first:.3f}", flush=True)
        if whole:
            crowd.visit()
    print(f"end after {crowd.visits} visits", flush=True)


main()
