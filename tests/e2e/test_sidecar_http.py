#!/usr/bin/env python3
"""The sidecar's HTTP API: byte-compatible with the nais elector, and its extensions."""

import contextlib
import json
import os
import re
import signal
import time

from support import cases
from support.agent import Agent
from support.elector import (BODY, FRAME, Raw, body, free_address, get, listening, name_in,
                             open_stream, start, wait_for_leader)
from support.processes import TENURE, wait_until

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs")


def documented_metrics():
    """The names of metrics in docs/metrics.md and docs/sidecar.md."""
    found = set()
    for page in ("metrics.md", "sidecar.md"):
        with open(os.path.join(DOCS, page), encoding="utf-8") as file:
            found |= set(re.findall(r"\b(?:tenure|elector|process)_[a-z_]+[a-z]\b", file.read()))
    return found


def families(text):
    """The names of the metrics that an exposition has, also of those without a sample."""
    return set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))


class ElectorTest(cases.ServerCase):
    """What clients of the nais elector depend on."""

    def test_get_byte_for_byte(self):
        a = start(self, "host-a")
        wait_for_leader(a.address, "host-a")
        with Raw(a.address) as raw:
            for _ in range(3):  # on one connection
                status, headers, text = raw.send("/").answer()
                self.assertEqual(200, status)
                self.assertEqual("application/json", headers["Content-Type"])
                self.assertEqual("no-cache", headers["Cache-Control"])
                self.assertEqual({"Content-Type", "Cache-Control", "Date", "Content-Length"},
                                 set(headers))
                self.assertEqual(b"host-a", BODY.fullmatch(text)[1])
            raw.send("/", method="HEAD")
            first, headers = raw.head()
            self.assertEqual(("HTTP/1.1 200 OK", "application/json"),
                             (first, headers["Content-Type"]))
        # The same with curl.
        code, output, errors = self.run_to_end("curl", "-sS", f"http://{a.address}/")
        self.assertEqual((0, ""), (code, errors))
        self.assertEqual(output.encode(), body(a.address))

    def test_sse_byte_for_byte_over_a_change_of_leader(self):
        a = start(self, "host-a")
        wait_for_leader(a.address, "host-a")
        b = start(self, "host-b")
        wait_for_leader(b.address, "host-a")
        stream, (first, headers) = open_stream(b.address)
        with stream:
            self.assertEqual("HTTP/1.1 200 OK", first)
            self.assertEqual("text/event-stream", headers["Content-Type"])
            self.assertEqual("no-cache", headers["Cache-Control"])
            self.assertEqual("keep-alive", headers["Connection"])
            self.assertEqual("host-a", name_in(stream.chunk()))
            curl = self.start("curl", "-sSN", f"http://{b.address}/sse")
            wait_until(lambda: self.zoo.output(curl), what="the first event at curl")
            a.terminate()
            names = []
            while not names or names[-1] != "host-b":
                names.append(name_in(stream.chunk()))
            self.assertIn(names, (["host-b"], ["", "host-b"]))
            self.assertEqual(0, a.wait(20))
            wait_until(lambda: "host-b" in self.zoo.output(curl), what="the second event at curl")
            frames = self.zoo.output(curl).encode()
            self.assertEqual(b"", FRAME.sub(b"", frames))
            # The sidecar ends: the stream sends an empty name, then ends.
            b.terminate()
            self.assertEqual("", name_in(stream.chunk()))
            self.assertEqual(b"", stream.chunk())
        self.assertEqual(0, b.wait(20))
        self.assertEqual(0, curl.wait(10))
        entry, _ = self.consul.get(self.key)
        self.assertNotIn("Session", entry)

    def test_before_the_first_result(self):
        late = free_address()
        a = start(self, "host-a", env={"CONSUL_HTTP_ADDR": late})
        self.assertEqual(b"{}", body(a.address))
        # A stream is open, and waits for its first frame.
        stream, (first, _) = open_stream(a.address, "/sse?heartbeat=1s")
        self.assertEqual("HTTP/1.1 200 OK", first)
        with stream:
            self.assertEqual(b": heartbeat\n\n", stream.chunk())
            self.assertEqual((200, 503),
                             (get(a.address, "/healthz")[0], get(a.address, "/readyz")[0]))
            held, _ = open_stream(a.address)
            self.addCleanup(Agent(self.zoo.folder, listen=late).close)
            with held:
                self.assertIn(name_in(held.chunk()), ("", "host-a"))
        # At the end of the sidecar it ends, without a frame if none was due.
        b = start(self, "host-b", env={"CONSUL_HTTP_ADDR": free_address()})
        stream, _ = open_stream(b.address)
        with stream:
            b.terminate()
            self.assertEqual(b"", stream.chunk())
        self.assertEqual(0, b.wait(20))

    def test_a_process_stopped_past_its_lease_does_not_claim_leadership(self):
        a = start(self, "host-a")
        wait_for_leader(a.address, "host-a")
        b = start(self, "host-b")
        wait_for_leader(b.address, "host-a")
        a.send_signal(signal.SIGSTOP)
        with Raw(a.address) as asked, Raw(a.address) as detailed, Raw(a.address) as measured:
            asked.send("/")
            detailed.send("/elections/app/detail")
            measured.send("/metrics")
            stream = Raw(a.address).send("/sse")
            wait_for_leader(b.address, "host-b", 60)
            a.send_signal(signal.SIGCONT)
            self.assertNotEqual(b"host-a", BODY.fullmatch(asked.answer()[2])[1])
            detail = json.loads(detailed.answer()[2])
            self.assertEqual((False, None), (detail["leading"], detail["lease_ms"]))
            self.assertNotEqual("host-a", detail["name"])
            self.assertIn(b'tenure_election_leading{election="app"} 0\n', measured.answer()[2])
            with stream:
                stream.head()
                self.assertNotEqual("host-a", name_in(stream.chunk()))
        wait_for_leader(a.address, "host-b")

    def test_a_key_of_another_session_with_our_name(self):
        # A predecessor on this host still holds the key, with our name as its value.
        session = self.consul.create_session(TTL="60s", LockDelay="0s")
        self.assertTrue(self.consul.put(self.key, "host-a", acquire=session,
                                        flags=0x2ddccbc058a50c18))
        a = start(self, "host-a")
        wait_for_leader(a.address, "")
        self.consul.destroy_session(session)
        wait_for_leader(a.address, "host-a")

    def test_the_flags_of_the_elector(self):
        a = start(self, "host-a", env={"ELECTOR_ELECTION": ""},
                  options=["--election=flagged", "--election-namespace=team", "--http=127.0.0.1:0",
                           "--log-format=json", "--probe-address=127.0.0.1:0"], wait=False)
        wait_until(lambda: '"msg":"term began"' in self.zoo.errors(a), 30, what="a leader")
        lines = [json.loads(line) for line in self.zoo.error_lines(a)]
        self.assertEqual(2, len([x for x in lines if x["msg"] == "listening"]))
        self.assertTrue(all(x["level"] in ("info", "warning") for x in lines))


class SidecarTest(cases.ServerCase):
    """What the elector does not have."""

    def start_file(self, text, listeners=1):
        path = self.zoo.path("sidecar.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("KEY", self.key))
        process = self.start(TENURE, "sidecar", path)
        process.addresses = listening(self, process, listeners)
        process.address = process.addresses[0]
        return process

    def test_many_elections(self):
        a = self.start_file("""
defaults: {value: host-a, span: 2s, ttl: 10s}
http: {listen: "127.0.0.1:0"}
elections:
  - {name: one, key: KEY/1}
  - {name: two, key: KEY/2, value: other}
  - {name: three, key: KEY/3}
""")
        for name, value in (("one", "host-a"), ("two", "other"), ("three", "host-a")):
            wait_for_leader(a.address, value, target=f"/elections/{name}")
            stream, _ = open_stream(a.address, f"/elections/{name}/sse")
            with stream:
                self.assertEqual(value, name_in(stream.chunk()))
        with Raw(a.address) as raw:
            _, headers = raw.send("/elections").head()
            self.assertEqual("application/json", headers["Content-Type"])
            text = b""
            while chunk := raw.chunk():
                text += chunk
            entries = json.loads(text)
        self.assertEqual(["one", "two", "three"], [e["election"] for e in entries])
        self.assertEqual([self.key + "/2", "leading", "other", True],
                         [entries[1][k] for k in ("key", "standing", "name", "leading")])
        detail = json.loads(body(a.address, "/elections/two/detail"))
        self.assertEqual((1, True, None), (len(detail["terms"]), detail["terms"][0]["ours"],
                                           detail["terms"][0]["until_ms"]))
        status, _, text = get(a.address, "/")
        self.assertEqual(404, status)
        self.assertIn(b"there are 3 elections", text)
        self.assertEqual(404, get(a.address, "/elections/four")[0])

    def test_a_free_election_is_a_known_one(self):
        holder = self.consul.create_session(TTL="60s", LockDelay="0s")
        self.assertTrue(self.consul.put(self.key, "", acquire=holder, flags=0x2ddccbc058a50c18))
        a = self.start_file("""
http: {listen: "127.0.0.1:0", heartbeat: 1s}
elections: [{name: one, key: KEY, value: host-a, span: 2s, ttl: 10s}]
""")
        stream, (_, headers) = open_stream(a.address)
        with stream:
            self.assertEqual("no", headers["X-Accel-Buffering"])
            self.assertEqual("", name_in(stream.chunk()))
            self.assertEqual(b": heartbeat\n\n", stream.chunk())  # without a request for it
            silent, _ = open_stream(a.address, "/sse?heartbeat=none")
            with silent:
                self.assertEqual("", name_in(silent.chunk()))
                for _ in range(2):
                    self.assertEqual(b": heartbeat\n\n", stream.chunk())
                self.consul.destroy_session(holder)
                self.assertEqual("host-a", name_in(silent.chunk()))

    def test_clients_that_hold_connections_lock_no_other_out(self):
        a = self.start_file("""
http: {listen: "127.0.0.1:0", connections: 40, idle_timeout: 300ms, request_timeout: 300ms}
elections: [{name: one, key: KEY, value: host-a, span: 2s, ttl: 10s}]
""")
        wait_for_leader(a.address, "host-a")
        stream, _ = open_stream(a.address)
        held = [Raw(a.address) for _ in range(100)]
        for raw in held[50:]:
            with contextlib.suppress(OSError):  # it had to make room already
                raw.socket.sendall(b"GET / HTTP/1.1\r\nHo")
        for _ in range(50):
            self.assertEqual(200, get(a.address)[0])
        for raw in held:  # displaced, or closed in time
            with raw, contextlib.suppress(ConnectionResetError):
                self.assertEqual(b"", raw.to_end())
        with stream:
            self.assertEqual("host-a", name_in(stream.chunk()))
        with Raw(a.address) as kept:
            self.assertEqual(200, kept.send("/").answer()[0])
            self.assertEqual(b"", kept.to_end())

    def test_one_of_many_elections_at_the_elector_s_addresses(self):
        a = self.start_file("""
http: {listen: "127.0.0.1:0", election: two, ui: false}
elections:
  - {name: one, key: KEY/1, value: host-1}
  - {name: two, key: KEY/2, value: host-2}
""")
        wait_for_leader(a.address, "host-2")
        self.assertEqual(404, get(a.address, "/ui")[0])

    def test_ids_and_heartbeats_on_request(self):
        a = start(self, "host-a")
        wait_for_leader(a.address, "host-a")
        stream, _ = open_stream(a.address, "/sse?id&heartbeat=1s")
        with stream:
            match = re.fullmatch(rb"id: (\S+)\n(data: .*\n\n)", stream.chunk(), re.DOTALL)
            self.assertEqual("host-a", name_in(match[2]))
            begin = time.monotonic()
            for _ in range(2):
                self.assertEqual(b": heartbeat\n\n", stream.chunk())
            self.assertGreater(time.monotonic() - begin, 0.9)
        last = "Last-Event-ID: " + match[1].decode()
        stream, _ = open_stream(a.address, "/sse", last, "Tenure-Heartbeat: 1s")
        with stream:  # the client has this state: the next event is a heartbeat
            self.assertEqual(b": heartbeat\n\n", stream.chunk())
        stream, _ = open_stream(a.address, "/sse", "Last-Event-ID: something-else")
        with stream:
            self.assertTrue(stream.chunk().startswith(b"id: " + match[1] + b"\ndata: "))
        stream, _ = open_stream(a.address, "/sse?heartbeat=1s")
        with stream:
            self.assertEqual("host-a", name_in(stream.chunk()))
            self.assertEqual(b": heartbeat\n\n", stream.chunk())
        for wrong in ("/sse?heartbeat=x", "/sse?heartbeat=1ms", "/sse?heartbeat=2h"):
            self.assertEqual(400, get(a.address, wrong)[0])

    def test_probes_and_metrics_at_separate_addresses(self):
        a = start(self, "host-a", env={"ELECTOR_PROBE_ADDRESS": "127.0.0.1:0",
                                       "ELECTOR_METRICS_ADDRESS": "localhost:0"})
        app, probe, metrics = listening(self, a, 3)
        wait_for_leader(app, "host-a")
        found = {target: [get(x, target)[0] for x in (app, probe, metrics)]
                 for target in ("/", "/healthz", "/readyz", "/metrics")}
        self.assertEqual({"/": [200, 404, 404], "/healthz": [404, 200, 404],
                          "/readyz": [404, 200, 404], "/metrics": [404, 404, 200]}, found)

    def test_metrics(self):
        a = start(self, "host-a")
        wait_for_leader(a.address, "host-a")
        stream, _ = open_stream(a.address)
        with stream:
            stream.chunk()
            status, headers, text = get(a.address, "/metrics")
            self.assertEqual((200, "text/plain; version=0.0.4; charset=utf-8"),
                             (status, headers["Content-Type"]))
        values = {}
        for line in text.decode().splitlines():
            if not line.startswith("#"):
                self.assertRegex(line, r'^[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.]+$')
                name, _, value = line.rpartition(" ")
                self.assertNotIn(name, values)
                values[name] = float(value)
        # With a limit of the address space there is one more.
        self.assertEqual(documented_metrics() - {"process_virtual_memory_max_bytes"},
                         families(text.decode()) - {"process_virtual_memory_max_bytes"})
        self.assertEqual((1, 0), (values["elector_elections_won"],
                                  values["elector_elections_lost"]))
        self.assertEqual((1, 1, 1), (values['tenure_elections{standing="leading"}'],
                                     values["tenure_http_subscribers"],
                                     values['tenure_election_leading{election="app"}']))
        self.assertGreater(values['tenure_election_lease_seconds{election="app"}'], 0)
        # A lost term is counted with its reason.
        entry, _ = self.consul.get(self.key)
        self.consul.destroy_session(entry["Session"])
        ended = b'tenure_terms_ended_total{reason="session_lost"} 1\n'
        wait_until(lambda: ended in body(a.address, "/metrics"), 20)

    def test_refused_requests(self):
        a = start(self, "host-a")
        for status, target, headers, more in (
                (404, "/nothing", (), {}), (404, "/elections/app/x", (), {}),
                (405, "/", ("Content-Length: 0",), {"method": "POST"}),
                (405, "/sse", ("Content-Length: 0",), {"method": "DELETE"}),
                (501, "/", (), {"method": "BREW"}), (501, "/", (), {"method": "get"}),
                (400, "/elections/%zz", (), {}), (400, "/", ("Host: y",), {}),
                (400, "/", ("Content-Length: 0", "Transfer-Encoding: chunked"), {}),
                (404, "/elections%2Fapp", (), {}), (404, "/elections/app%2Fsse", (), {}),
                (413, "/", ("Transfer-Encoding: chunked",), {"body": b"1\r\nx\r\n0\r\n\r\n"}),
                (413, "/", ("Content-Length: 3",), {"body": b"abc"}),
                (413, "/", ("Content-Length: 99999999",), {}),
                (414, "/?" + "x" * 2000, (), {}), (414, "/" + "x" * 100_000, (), {}),
                (431, "/", ("X-Big: " + "x" * 30000,), {})):
            got, answered, text = get(a.address, target, *headers, **more)
            self.assertEqual((status, True), (got, bool(text.strip())), (target, text))
            self.assertEqual("GET, HEAD" if got == 405 else None, answered.get("Allow"))
        # Written in another way, but the same.
        for target in ("/%65lections/%61pp", f"http://{a.address}/elections/app",
                       "/elections/app?a=%zz"):
            self.assertEqual(200, get(a.address, target)[0])
        self.assertEqual(200, get(a.address, "/", "Transfer-Encoding: chunked",
                                  body=b"0\r\n\r\n")[0])
        with Raw(a.address) as raw:
            for target in ("/", "/sse", "/elections", "/ui", "/no"):
                _, headers = raw.send(target, method="HEAD").head()
                self.assertEqual(target in ("/", "/ui", "/no"), "Content-Length" in headers)
            self.assertEqual(200, raw.send("/").answer()[0])
        with Raw(a.address) as raw:
            raw.socket.sendall(b"nonsense\r\n\r\n")
            self.assertTrue(raw.to_end().startswith(b"HTTP/1.1 400 Bad Request\r\n"))

    def test_limits(self):
        a = self.start_file("""
http: {listen: "127.0.0.1:0", connections: 20, requests_per_second: 60}
elections: [{name: one, key: KEY, value: host-a}]
""")
        streams = [open_stream(a.address)[0] for _ in range(20)]
        self.assertEqual(503, get(a.address)[0])
        for stream in streams:
            stream.socket.close()
        wait_until(lambda: get(a.address)[0] in (200, 429), what="room again")
        with Raw(a.address) as raw:
            found = [raw.send("/").answer()[0] for _ in range(300)]
        self.assertEqual({200, 429}, set(found))
        self.assertGreater(found.count(429), 100)
        time.sleep(1.1)
        self.assertEqual(200, get(a.address)[0])

    def test_an_address_in_use(self):
        a = start(self, "host-a")
        b = start(self, "host-b", env={"ELECTOR_HTTP": a.address}, wait=False)
        self.assertEqual(69, b.wait(10))
        self.assertEqual("tenure sidecar: http: cannot listen on " + a.address +
                         ": Address already in use", self.zoo.errors(b).strip())

    def test_all_errors_of_a_file_are_reported(self):
        path = self.zoo.path("bad.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("elections:\n  - name: a/b\n    span: x\nhtpp: {}\n")
        for options in ([], ["--check"]):
            code, output, errors = self.run_to_end(TENURE, "sidecar", *options, path)
            lines = errors.splitlines()
            self.assertEqual((64, "", 3), (code, output, len(lines)), errors)
            for line, number in zip(lines, (2, 3, 4)):
                self.assertTrue(line.startswith(f"{path}:{number}: "), line)
        code, _, errors = self.run_to_end(TENURE, "sidecar")
        self.assertEqual((64, 1), (code, len(errors.splitlines())))
        self.assertIn("ELECTOR_ELECTION", errors)


if __name__ == "__main__":
    cases.main(needs_consul=True)
