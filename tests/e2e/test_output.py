#!/usr/bin/env python3
"""What the commands print: all of a long list, one error where it cannot be written, and none where
its reader has had enough."""

import http.server
import json
import os
import signal
import subprocess
import threading

from support import cases
from support.processes import TENURE, TENURE_CRON

JOBS = 'election: a\njobs:\n  - {name: x, schedule: "@daily", command: "true"}\n'
FULL = "standard output cannot be written: No space left on device\n"
MANY = 6400


class Terminal(http.server.BaseHTTPRequestHandler):
    """A Consul whose sessions would write to a terminal."""

    def do_GET(self):
        body = json.dumps([{"Key": "a", "Value": "aG9zdC1h", "Flags": 0x2ddccbc058a50c18,
                            "Session": "\x1b[31m\nid", "LockIndex": 1, "CreateIndex": 1,
                            "ModifyIndex": 5}]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Consul-Index", "5")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class OutputTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        self.jobs = self.zoo.path("jobs.yaml")
        with open(self.jobs, "w", encoding="utf-8") as file:
            file.write(JOBS)

    def lock(self, many):
        """Keys below self.key that one session holds."""
        session = self.consul.json("PUT", "/v1/session/create", {"TTL": "1h"})["ID"]
        for first in range(0, many, 64):
            writes = [{"KV": {"Verb": "lock", "Key": f"{self.key}/{n}", "Session": session,
                              "Value": "aG9zdC1h"}} for n in range(first, min(first + 64, many))]
            self.assertEqual(200, self.consul.request("PUT", "/v1/txn", json.dumps(writes))[0])

    def run_into(self, output, argv, **more):
        """Exit code and errors of a command whose standard output is the file."""
        done = subprocess.run(argv, check=False, text=True, timeout=60,
                              env={**os.environ, **self.environment}, stdout=output,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **more)
        return done.returncode, done.stderr

    def test_a_long_list_is_printed_as_a_whole(self):
        self.lock(MANY)
        for words, lines in (((), MANY + 1), (("--json",), MANY)):
            code, output, _ = self.run_to_end(TENURE, "list", *words, self.key + "/")
            found = output.splitlines()
            self.assertEqual((0, lines, lines), (code, len(found), len(set(found))))
        with open("/dev/full", "wb") as full:
            self.assertEqual((71, "tenure: " + FULL),
                             self.run_into(full, [TENURE, "list", "--quiet", self.key + "/"]))

    def test_output_that_cannot_be_written_is_an_error(self):
        self.lock(1)
        leader = self.key + "/0"
        commands = [[TENURE, *words] for words in (
            ["list", self.key + "/"], ["list", "--json", self.key + "/"], ["leader", leader],
            ["leader", "--json", leader], ["watch", leader], ["watch", "--json", leader],
            ["doctor", leader], ["plan", "--elections", "10", "--processes", "2"],
            ["policy", "run", "a"], ["depose", leader], ["--version"], ["--help"],
            ["run", "--help"])]
        commands += [[TENURE_CRON, *words] for words in (
            ["check", self.jobs], ["next", self.jobs], ["--version"], ["--help"])]
        for argv in commands:
            with self.subTest(argv[1:]), open("/dev/full", "wb") as full:
                name = os.path.basename(argv[0])
                self.assertEqual((71, f"{name}: {FULL}"), self.run_into(full, argv))

    def test_a_limit_of_file_sizes_is_an_error_of_the_output_alone(self):
        self.lock(1)
        limited = ["sh", "-c", 'ulimit -f "$0"; exec "$@"']
        with open(self.zoo.path("output"), "wb") as file:
            self.assertEqual(
                (71, "tenure: standard output cannot be written: File too large\n"),
                self.run_into(file, [*limited, "0", TENURE, "leader", self.key + "/0"]))
            # A command has the signals that it would have without tenure.
            self.assertEqual((128 + signal.SIGXFSZ, ""), self.run_into(
                file, [*limited, "10000", TENURE, "run", self.key, "--", "head", "-c", "20M",
                       "/dev/zero"]))

    def test_what_consul_sends_stays_on_its_line(self):
        front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Terminal)
        threading.Thread(target=front.serve_forever, daemon=True).start()
        self.addCleanup(front.server_close)
        self.addCleanup(front.shutdown)
        address = f"127.0.0.1:{front.server_port}"
        code, output, errors = self.run_to_end(TENURE, "list", "--http-addr", address)
        self.assertEqual((0, ""), (code, errors))
        self.assertRegex(output, r"^KEY .*\na +host-a +5 +\\u001b\[31m\\nid\n$")

    def test_a_reader_that_has_had_enough_is_no_error(self):
        self.lock(1)
        for argv in ([TENURE, "list", self.key + "/"], [TENURE, "watch", self.key + "/0"],
                     [TENURE_CRON, "check", self.jobs]):
            for ignored in (True, False):
                with self.subTest(argv[1:], ignored=ignored):
                    reader, writer = os.pipe()
                    os.close(reader)
                    code, errors = self.run_into(writer, argv, restore_signals=not ignored)
                    os.close(writer)
                    self.assertEqual((0 if ignored else -13, ""), (code, errors))


if __name__ == "__main__":
    cases.main()
