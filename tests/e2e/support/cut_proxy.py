"""A TCP proxy that a test can cut."""

import socket
import threading


class Proxy:
    """A TCP proxy to the server. While it is cut, it drops the data in both directions. After
    `cut_after`, bytes of a request, has gone by, it loses the answer: it ends the connection, and
    is cut from then on if `cut_for_good`."""

    def __init__(self, case, target):
        self.target = target
        self.cut = False
        self.cut_after = None
        self.cut_for_good = False
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        case.addCleanup(self.close)

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                host, port = self.target.rsplit(":", 1)
                far = socket.create_connection((host, int(port)))
            except OSError:
                return
            self.pairs += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    def _pump(self, source, sink):
        try:
            while data := source.recv(65536):
                if not self.cut:
                    sink.sendall(data)
                if self.cut_after and self.cut_after in data:
                    self.cut = self.cut_for_good
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def reset(self):
        """Ends all connections, as their peers do after a while without an answer."""
        for end in self.pairs:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        for end in self.pairs:
            end.close()
