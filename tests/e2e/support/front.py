"""A reverse proxy in front of a sidecar, as bad as the test wants it."""

import http.client
import http.server
import threading


class Front:
    """Serves `address` below `path`. `mode`: "pass"; "bad" answers 502 with HTML; "page" answers
    200 with HTML, as a log-in does; "silent" accepts and forwards nothing, also on streams that
    are open, as a cut cable does."""

    def __init__(self, address, path=""):
        self.address = address
        self.mode = "pass"
        self.replaced = (b"", b"")  # bytes of its answers that it changes
        self.pages = 0              # how often it has served the page
        self.epoch = 0
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

            def do_GET(self):  # pylint: disable=invalid-name
                self.close_connection = True
                try:
                    front.answer(self, path)
                except (OSError, http.client.HTTPException):  # either side went away
                    pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}{path}/ui"

    def answer(self, request, path):
        if self.mode == "silent":
            self.closed.wait(30)
            return
        if self.mode != "pass" or not request.path.startswith(path):
            status = 200 if self.mode == "page" else 502
            self.send(request, status, [("Content-Type", "text/html")],
                      [b"<html><body><h1>Something else</h1></body></html>"])
            return
        upstream = http.client.HTTPConnection(self.address, timeout=30)
        try:
            upstream.request("GET", request.path[len(path):])
            answer = upstream.getresponse()
            self.pages += request.path == path + "/ui"
            self.send(request, answer.status,
                      [(k, v) for k, v in answer.getheaders()
                       if k.lower() not in ("transfer-encoding", "content-length", "connection")],
                      iter(lambda: answer.read1(65536), b""))
        except OSError:
            self.send(request, 502, [("Content-Type", "text/html")], [b"<html>no upstream</html>"])
        finally:
            upstream.close()

    def send(self, request, status, headers, pieces):
        request.send_response_only(status)
        for name, value in headers:
            request.send_header(name, value)
        request.send_header("Connection", "close")
        request.end_headers()
        epoch = self.epoch
        for piece in pieces:
            while self.mode == "silent" and not self.closed.wait(0.05):
                pass
            if epoch != self.epoch:
                return
            request.wfile.write(piece.replace(*self.replaced) if self.replaced[0] else piece)
            request.wfile.flush()

    def cut(self):
        """Ends the streams that are open, each at its next event."""
        self.epoch += 1

    def close(self):
        self.closed.set()
        self.cut()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
