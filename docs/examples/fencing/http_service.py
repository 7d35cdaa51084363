#!/usr/bin/env python3
"""An HTTP service that takes writes from the latest leader alone. Each request has its fence:

    http_service.py 8080 &
    tenure run service/config/leader -- sh -c \\
        'curl --fail -X PUT -H "Fence: $TENURE_FENCE" -d new http://127.0.0.1:8080/config'

412 means: fenced, a later leader has written. A service with a database keeps fence and value in
one transaction there; this one keeps them in memory.
"""
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOCK = threading.Lock()
VALUES = {}  # path: (fence, value)


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        value = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fence = self.headers.get("Fence", "")
        if not fence.isdecimal():
            return self.answer(428, b"the header Fence is missing\n")  # a write needs one
        with LOCK:  # check and write are one step
            seen, _ = VALUES.get(self.path, (0, b""))
            fenced = int(fence) < seen
            if not fenced:
                VALUES[self.path] = (int(fence), value)
        if fenced:
            return self.answer(412, b"fenced: a later leader has written\n")
        return self.answer(200, b"")

    def do_GET(self):
        with LOCK:
            fence, value = VALUES.get(self.path, (0, b""))
        self.answer(200 if fence else 404, value, fence)

    def answer(self, status, body, fence=0):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if fence:
            self.send_header("Fence", str(fence))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service) as server:
        print(f"listening on {server.server_port}", flush=True)
        server.serve_forever()
