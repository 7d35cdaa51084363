#!/usr/bin/env python3
"""tenure doctor: what it says of a Consul in each state that an operator meets at night, and that
it changes nothing."""

import contextlib
import http.server
import json
import os
import socket
import tempfile
import threading
import time

from support import cases, consul, secure
from support.processes import TENURE, wait_until


def checks_of(output):
    """The checks of a JSON output, by name: the worst of each, with the texts of all those."""
    order = ["ok", "unknown", "warning", "problem"]
    found = {}
    for check in json.loads(output)["checks"]:
        known = found.get(check["check"])
        if known is None or order.index(check["status"]) > order.index(known["status"]):
            found[check["check"]] = check
        elif check["status"] == known["status"]:
            known["text"] += "; " + check["text"]
    return found


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


class DoctorCase(cases.Case):
    def doctor(self, *words, env=None, code=None):
        got, output, errors = self.run_to_end(TENURE, "doctor", "--json", *words, env=env)
        self.assertEqual("", errors)
        self.assertEqual(1, output.count("\n"))
        status = json.loads(output)["status"]
        self.assertEqual({"ok": 0, "warning": 1, "problem": 2}[status], got, output)
        if code is not None:
            self.assertEqual(code, got, output)
        found = checks_of(output)
        for check in found.values():
            self.assertEqual(check["status"] in ("warning", "problem"),
                             check["remedy"] is not None and check["status"] != "unknown",
                             check)
        return found

    def expect(self, found, check, status, *texts):
        self.assertIn(check, found)
        self.assertEqual(status, found[check]["status"], found[check])
        for text in texts:
            self.assertIn(text, found[check]["text"] + " -> " + (found[check]["remedy"] or ""))


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

    def test_a_program_that_is_not_consul(self):
        with served_by(Silent) as port:
            found = self.doctor("--http-addr", f"127.0.0.1:{port}", code=2)
            self.expect(found, "leader", "problem")
            found = self.doctor("--http-addr", f"https://127.0.0.1:{port}", code=2)
            self.expect(found, "tls", "problem", "handshake failed")

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


class KeyTest(cases.ServerCase, DoctorCase):
    def setUp(self):
        super().setUp()
        self.before = None

    def lead(self, key, *options):
        process = self.start(TENURE, "run", "--value", "host-a", *options, key, "--", "sleep", "60")
        wait_until(lambda: self.consul.holder(key), what="a leader")
        return process

    def test_all_well_without_a_key(self):
        found = self.doctor(code=0)
        for check in ("connect", "version", "leader", "consistency", "clock", "files",
                      "connections", "rights"):
            self.expect(found, check, "ok")
        code, output, errors = self.run_to_end(TENURE, "doctor")
        self.assertEqual((0, ""), (code, errors))
        for line in output.splitlines():
            self.assertRegex(line, r"^(ok|unknown)  +[a-z]+  +\S|^ +-> ")

    def test_an_election_from_its_first_leader_to_an_unclean_end(self):
        key = self.key
        found = self.doctor(key, code=1)
        self.expect(found, "key", "warning", "there is no key", "start one")
        leader = self.lead(key)
        index = self.consul.get(key)[0]["ModifyIndex"]
        found = self.doctor(key, code=0)
        self.expect(found, "key", "ok", '"host-a"', f"fence {index}", "(15s)")
        self.expect(found, "session", "ok", "tenure span=15000ms", "TTL 15s", "lock-delay 15s")
        self.expect(found, "checks", "ok", "serfHealth passing")
        self.assertEqual(index, self.consul.get(key)[0]["ModifyIndex"])
        session = self.consul.holder(key)
        leader.kill()
        leader.wait()
        self.consul.destroy_session(session)
        found = self.doctor(key, code=1)
        self.expect(found, "key", "warning", "not released cleanly", '"host-a"', "lock-delay",
                    "one span")

    def test_a_clean_release_and_foreign_keys(self):
        key = self.key
        leader = self.lead(key)
        leader.terminate()
        leader.wait()
        self.expect(self.doctor(key, code=1), "key", "warning", "released it cleanly")
        self.consul.put(key + "/plain", "x")
        found = self.doctor(key + "/plain", code=1)
        self.expect(found, "flags", "warning", "another program wrote the key")
        session = self.consul.create_session(TTL="15s", Name="other")
        self.consul.put(key + "/other", "me\n\x1b\\", acquire=session, flags=consul.LOCK_FLAGS)
        found = self.doctor(key + "/other", code=1)
        self.expect(found, "key", "warning", "names no span", '"me\n\x1b\\"')
        _, output, _ = self.run_to_end(TENURE, "doctor", key + "/other")
        self.assertIn(r'"me\n\u001b\\"', output)
        self.consul.destroy_session(session)

    def test_a_lock_a_semaphore_and_a_group_by_their_prefixes(self):
        prefix = self.key
        self.start(TENURE, "lock", prefix, "sleep 60")
        wait_until(lambda: self.consul.holder(prefix + "/.lock"), what="the lock")
        self.expect(self.doctor(prefix, code=0), "key", "ok", "held by")
        pool = prefix + "-pool"
        for _ in range(3):
            self.start(TENURE, "lock", "-n", "2", pool, "sleep 60")
        taken = wait_until(lambda: self.all_taken(pool), what="two holders and a contender")
        self.expect(taken, "slots", "ok", "2 of 2 slots are taken", "3 contenders")
        jobs = prefix + "-jobs"
        self.lead(jobs + "/leader", "--group", jobs, "--member", "a")
        self.start(TENURE, "run", "--group", jobs, "--member", "idle", "--weight", "0",
                   jobs + "/leader", "--", "sleep", "60")
        self.run_to_end(TENURE, "drain", "--force", jobs, "gone")
        self.run_to_end(TENURE, "pin", "--force", jobs + "/leader", "gone", "--group", jobs)
        wait_until(lambda: len(self.consul.json("GET", f"/v1/kv/{jobs}/members/", recurse="")) >= 4,
                   what="both members")
        found = self.doctor(jobs, code=1)
        self.expect(found, "members", "ok", "2 members", "a (weight 100, leads 1 of 1)")
        self.expect(found, "member", "warning", "idle has weight 0")
        self.expect(found, "drain", "warning", "gone is drained, and is no member")
        self.expect(found, "pin", "warning", "pinned to gone")
        found = self.doctor(jobs + "/leader", code=0)
        self.expect(found, "group", "ok", "in the group " + jobs)

    def all_taken(self, pool):
        found = checks_of(self.run_to_end(TENURE, "doctor", "--json", pool)[1])
        return found if "contenders" in found else None


class RightsTest(secure.SecureCase, DoctorCase):
    def environment(self, *rules):
        return self.secure(list(rules))

    def test_rights(self):
        sessions = 'session_prefix "" { policy = "write" }'
        write = 'key "e2e/k" { policy = "write" }'
        env = self.environment(sessions, write)
        found = self.doctor("e2e/k", env=env, code=1)
        self.expect(found, "tls", "ok", "127.0.0.1")
        self.expect(found, "client-cert", "warning", " day")
        if cases.on_agent():
            return
        self.expect(found, "rights", "ok", "tenure policy run e2e/k")
        self.expect(found, "version", "unknown", "agent_prefix")
        node = self.consul.json("GET", "/v1/agent/self")["Config"]["NodeName"]
        bound = f'session "{node}" {{ policy = "write" }}'
        found = self.doctor("e2e/k", env=self.environment(write, bound), code=1)
        self.expect(found, "rights", "unknown", "lacks session:write", "the node's name is not")
        agent = 'agent_prefix "" { policy = "read" }'
        found = self.doctor("e2e/k", env=self.environment(write, bound, agent), code=1)
        self.expect(found, "rights", "ok")
        found = self.doctor("e2e/k", env=self.environment(write, agent), code=2)
        self.expect(found, "rights", "problem", "lacks session:write", sessions)
        found = self.doctor("e2e/k", env=self.environment(
            sessions, 'key "e2e/k" { policy = "read" }'), code=2)
        self.expect(found, "rights", "problem", 'lacks key:write on "e2e/k"', write)
        nothing = dict(env)
        del nothing["CONSUL_HTTP_TOKEN_FILE"]
        found = self.doctor("e2e/k", env=nothing, code=2)
        self.expect(found, "rights", "problem", "lacks key:write")
        found = self.doctor("e2e/k", env={**nothing, "CONSUL_HTTP_TOKEN": "unknown"}, code=2)
        self.expect(found, "rights", "problem", "does not know the token")

    def test_certificates(self):
        env = self.environment('key "none" { policy = "read" }')
        found = self.doctor(env={**env, "CONSUL_TLS_SERVER_NAME": "other.example"}, code=2)
        self.expect(found, "tls", "problem", "it is not for other.example",
                    "CONSUL_TLS_SERVER_NAME")
        with tempfile.TemporaryDirectory() as folder:
            other = secure.Authority(folder, "other")
            found = self.doctor(env={**env, "CONSUL_CACERT": other.file}, code=2)
            self.expect(found, "tls", "problem", "CONSUL_CACERT")
        plain = {"CONSUL_HTTP_ADDR": env["CONSUL_HTTP_ADDR"].removeprefix("https://")}
        found = self.doctor(env=plain, code=2)
        self.expect(found, "http", "problem", "https://")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    cases.main(needs_consul=True)
