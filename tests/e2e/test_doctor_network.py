#!/usr/bin/env python3
"""tenure doctor: what it says of a Consul that it does not reach, that answers slowly, not at all,
or as another program does, and of settings that cannot be used."""

import contextlib
import http.server
import json
import socket
import threading
import time

from support import cases, consul
from support.doctor import DoctorCase, checks_of
from support.processes import TENURE


class Silent(http.server.BaseHTTPRequestHandler):
    """Answers 501 to every method."""

    def log_message(self, *_):
        pass


class WithoutLeader(Silent):
    """As servers do that have never had a leader, with ACLs on."""

    def do_GET(self):  # pylint: disable=invalid-name
        leader = self.path == "/v1/status/leader"
        body = b'""' if leader else b"ACL not found"
        self.send_response(200 if leader else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET


class Limited(Silent):
    """Has a leader, and answers consistent reads with `status`."""

    status = 500

    def do_GET(self):  # pylint: disable=invalid-name
        path, _, query = self.path.partition("?")
        status, body = 403, b"Permission denied"
        if path == "/v1/status/leader":
            status, body = 200, b'"127.0.0.1:8300"'
        elif path.startswith("/v1/session/info/") and "consistent" in query:
            status, body = self.status, b"rate limit exceeded"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class LimitedRate(Limited):
    status = 429


class WithoutRight(Limited):
    status = 403


class Refusing(http.server.BaseHTTPRequestHandler):
    """Refuses each request whose path has a word in it."""

    word, status, text = "", 500, b""

    def do_GET(self):  # pylint: disable=invalid-name
        refused = self.word in self.path
        body = self.text if refused else b'"127.0.0.1:8300"'
        self.send_response(self.status if refused else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class HungLeader(Silent):
    """Never answers what needs the leader of the servers."""

    def do_GET(self):  # pylint: disable=invalid-name
        if "consistent" in self.path:
            time.sleep(60)
        self.answer(b'"127.0.0.1:8300"')

    def answer(self, body, seconds=0):
        """The time of day in its header is that of `seconds` before it is sent."""
        self.send_response(200)
        time.sleep(seconds)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Slow(HungLeader):
    """Takes its time for each answer, and writes the time of day first."""

    def do_GET(self):  # pylint: disable=invalid-name
        self.answer(b'"127.0.0.1:8300"', 1.5)


class SlowAndAhead(Slow):
    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + 3600)


@contextlib.contextmanager
def served_by(handler):
    """A server of HTTP in this process; yields its port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class WithoutConsulTest(DoctorCase):
    def test_steps_of_the_network(self):
        port = consul.free_ports(1)[0]
        found = self.doctor(env={"CONSUL_HTTP_ADDR": f"127.0.0.1:{port}"}, code=2)
        self.expect(found, "address", "ok", "from CONSUL_HTTP_ADDR")
        self.expect(found, "connect", "problem", "Connection refused", "start the Consul agent")
        found = self.doctor("--http-addr", f"http://127.0.0.1:{port}", code=2)
        self.expect(found, "address", "ok", "from --http-addr")
        found = self.doctor("--http-addr", "no-such-host.invalid:8500", code=2)
        self.expect(found, "name", "problem", "no-such-host.invalid")
        found = self.doctor("--http-addr", "unix:///no/such/socket", code=2)
        self.expect(found, "connect", "problem", "No such file")
        found = self.doctor(env={"CONSUL_HTTP_ADDR": "127.0.0.1:http"}, code=2)
        self.expect(found, "settings", "problem", "CONSUL_HTTP_ADDR")
        found = self.doctor("--token-file", "/no/such/token", code=2)
        self.expect(found, "settings", "problem", "--token-file")

    def test_a_server_that_never_answers_takes_no_longer_than_the_time_limit(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            begin = time.monotonic()
            found = self.doctor("k", "--timeout", "1s", "--http-addr",
                                f"127.0.0.1:{server.getsockname()[1]}", code=2)
            self.assertLess(time.monotonic() - begin, 5)
        self.expect(found, "connect", "ok")
        self.expect(found, "http", "problem", "no answer")

    def test_a_leader_of_the_servers_that_hangs(self):
        with served_by(HungLeader) as port:
            begin = time.monotonic()
            found = self.doctor("k", "--timeout", "1s", "--http-addr", f"127.0.0.1:{port}", code=2)
            self.assertLess(time.monotonic() - begin, 5)
        self.expect(found, "leader", "ok")
        self.expect(found, "consistency", "problem", "no answer to a consistent read")
        self.expect(found, "key", "problem", "did not answer in time")

    def test_a_slow_server_has_no_wrong_clock(self):
        with served_by(Slow) as port:
            found = self.doctor("--timeout", "20s", "--http-addr", f"127.0.0.1:{port}")
            self.expect(found, "clock", "ok")
        with served_by(SlowAndAhead) as port:
            found = self.doctor("--timeout", "20s", "--http-addr", f"127.0.0.1:{port}")
            self.expect(found, "clock", "warning", "59m", "behind the agent's")

    def test_a_limit_of_open_files(self):
        limited = ["sh", "-c", 'ulimit -n "$0"; exec "$@"']
        for limit, status in (("12", "problem"), ("60", "warning")):
            _, output, _ = self.run_to_end(*limited, limit, TENURE, "doctor", "--json",
                                           env={"CONSUL_HTTP_ADDR": "127.0.0.1:1"})
            self.expect(checks_of(output), "files", status, limit + " files", "LimitNOFILE=")

    def test_settings_that_cannot_be_used(self):
        here = "https://127.0.0.1:1"
        found = self.doctor(env={"CONSUL_HTTP_ADDR": here, "CONSUL_CACERT": "/no/such/ca"}, code=2)
        self.expect(found, "settings", "problem", 'the CA file "/no/such/ca" cannot be read')
        self.assertNotIn("tls", found)
        found = self.doctor(env={"TENURE_LOG_LEVEL": "bogus"}, code=2)
        self.expect(found, "settings", "problem", "TENURE_LOG_LEVEL")
        self.assertNotIn("--log-level", found["settings"]["text"])

    def test_a_program_that_is_not_consul(self):
        with served_by(Silent) as port:
            found = self.doctor("--http-addr", f"127.0.0.1:{port}", code=2)
            self.expect(found, "leader", "problem")
            found = self.doctor("--http-addr", f"https://127.0.0.1:{port}", code=2)
            self.expect(found, "tls", "problem", "handshake failed")
            self.expect(found, "connections", "unknown", "the agent's limit is not known")
            self.assertIsNone(found["connections"]["remedy"])  # there are few

    def test_servers_without_a_leader(self):
        with served_by(WithoutLeader) as port:
            found = self.doctor("k", "--http-addr", f"127.0.0.1:{port}", code=2)
        self.expect(found, "leader", "problem", "no raft leader", "majority")
        self.expect(found, "clock", "ok")
        self.expect(found, "rights", "unknown")
        self.expect(found, "key", "unknown")

    def test_a_consistent_read_that_is_refused(self):
        for handler, status, text in ((Limited, "problem", "failed: 500 rate limit exceeded"),
                                      (LimitedRate, "problem", "429 rate limit exceeded"),
                                      (WithoutRight, "unknown", "403 rate limit exceeded")):
            with served_by(handler) as port:
                found = self.doctor("--http-addr", f"127.0.0.1:{port}")
            self.expect(found, "consistency", status, text)

    def test_a_refusal_has_its_own_remedy(self):
        for word, status, text, check, remedy in (
                ("", 403, b"Permission denied", "leader", "--token-file"),
                ("", 500, b"No path to datacenter", "leader", "--datacenter"),
                ("", 500, b"No cluster leader", "leader", "majority"),
                ("consistent", 400, b'Invalid query parameter: "ns" - Namespaces are a Consul '
                                    b"Enterprise feature", "consistency", "CONSUL_NAMESPACE")):
            handler = type("Case", (Refusing,), {"word": word, "status": status, "text": text})
            with served_by(handler) as port:
                found = self.doctor("--http-addr", f"127.0.0.1:{port}", code=2)
            self.expect(found, check, "problem", text.decode()[:15], remedy)

    def test_versions(self):
        for version, status, says in (("1.6.2", "warning", "--liveness"),
                                      ("1.7.14", "warning", "upgrade to 1.8"),
                                      ("1.8.0", "ok", "1.8.0"), ("1.21.4", "ok", "1.21.4"),
                                      ("1.99.0+ent", "ok", "newer"),
                                      ("secret words", "unknown", "no version")):
            body = json.dumps({"Config": {"Version": version}}).encode()
            handler = type("Case", (Refusing,), {"word": "agent/self", "status": 200,
                                                 "text": body})
            with served_by(handler) as port:
                found = self.doctor("--http-addr", f"127.0.0.1:{port}")
            self.expect(found, "version", status, says)
            self.assertNotIn("secret", str(found))

    def test_a_server_that_closes_the_connection_at_once(self):
        path = self.folder + "/socket"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            server.settimeout(0.1)
            ended = threading.Event()

            def close_each():
                while not ended.is_set():
                    with contextlib.suppress(TimeoutError):
                        server.accept()[0].close()

            thread = threading.Thread(target=close_each)
            thread.start()
            try:
                for _ in range(3):
                    found = self.doctor("--http-addr", "unix://" + path,
                                        env={"CONSUL_HTTP_SSL": "true"}, code=2)
                    self.expect(found, "tls", "problem", "handshake failed")
            finally:
                ended.set()
                thread.join()

    def test_bad_usage(self):
        for words in (["--timeout", "1ms"], ["/k"], ["--timeout", "x"]):
            code, output, _ = self.run_to_end(TENURE, "doctor", *words)
            self.assertEqual((64, ""), (code, output), words)


if __name__ == "__main__":
    cases.main()
