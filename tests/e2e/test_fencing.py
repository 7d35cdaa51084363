#!/usr/bin/env python3
"""The programs of docs/fencing.md: a leader that was deposed cannot write, also if it writes at the
same time as its successor."""

import glob
import hashlib
import http.client
import os
import pwd
import sys
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support import cases
from support.processes import TENURE, wait_until

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples",
                        "fencing")
FENCED = 3
LEADERS = 6


def example(name):
    return os.path.join(EXAMPLES, name)


def postgres_folder():
    """The newest one that Debian has installed, or None."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    return os.path.dirname(found[-1]) if found else None


class Store(BaseHTTPRequestHandler):
    """The part of S3 that the example uses."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    objects = {}  # path: (etag, fence, content)

    def do_HEAD(self):
        with self.lock:
            etag, fence, _ = self.objects.get(self.path, (None, None, None))
        self.answer(200 if etag else 404, {"ETag": etag, "x-amz-meta-fence": fence} if etag else {})

    def do_PUT(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        fence = self.headers["x-amz-meta-fence"]
        if not self.path.startswith("/bucket/"):
            self.answer(404, {})
            return
        with self.lock:
            etag = self.objects.get(self.path, (None,))[0]
            good = (self.headers["If-Match"] == etag if etag else
                    self.headers["If-None-Match"] == "*")
            if good:
                made = f'"{hashlib.md5(content + fence.encode()).hexdigest()}"'
                self.objects[self.path] = (made, fence, content)
        self.answer(200 if good else 412, {})

    def answer(self, status, headers):
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


class FencingTest(cases.ServerCase):
    def write(self, fence, *argv, content="", **environment):
        """The exit code of a leader with that fence that writes."""
        path = self.zoo.path("content-" + os.urandom(4).hex())
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        with open(path, encoding="ascii") as file:
            return self.run_to_end(*argv, stdin=file,
                                   env={"TENURE_FENCE": str(fence), **environment})[0]

    def check_order(self, write):
        """write(fence, content) returns the exit code of one leader."""
        for fence, code in ((7, 0), (7, 0), (5, FENCED), (12, 0), (7, FENCED), (12, 0)):
            self.assertEqual(code, write(fence, f"by {fence}"), fence)

    def check_races(self, write):
        """Many leaders write at the same time: the last fence wins. Returns what must be there."""
        codes = {}

        def lead(fence):
            codes[fence] = write(fence, f"by {fence}")

        threads = [threading.Thread(target=lead, args=(100 + i,)) for i in range(LEADERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLessEqual(set(codes.values()), {0, FENCED})
        self.assertEqual(0, codes[100 + LEADERS - 1])
        return f"by {100 + LEADERS - 1}"

    def test_examples(self):
        self.all_at_once(self.use_a_file, self.use_a_service, self.use_a_store, self.use_a_lease)

    def use_a_file(self):
        path = self.zoo.path("report.txt")

        def write(fence, content):
            return self.write(fence, example("file.py"), path, "cat", content=content)

        self.check_order(write)
        wanted = self.check_races(write)
        failing = ("sh", "-c", "echo half; exit 7")
        self.assertEqual(7, self.write(10_000, example("file.py"), path, *failing, content=""))
        self.assertEqual(64, self.write(10_000, example("file.py"), path, content=""))
        with open(path, encoding="ascii") as file:
            self.assertEqual(wanted, file.read())

    def use_a_service(self):
        service = self.start(sys.executable, example("http_service.py"), "0")
        port = wait_until(lambda: self.zoo.output_lines(service), what="the service")[0].split()[-1]

        def put(fence, content, path="/config"):
            connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
            headers = {"Fence": str(fence)} if fence else {}
            connection.request("PUT", path, content, headers)
            status = connection.getresponse().status
            connection.close()
            return {200: 0, 412: FENCED}.get(status, status)

        self.check_order(put)
        wanted = self.check_races(put)
        self.assertEqual(428, put(None, "without a fence"))
        code, output, _ = self.run_to_end("curl", "-sS", f"http://127.0.0.1:{port}/config")
        self.assertEqual((0, wanted), (code, output))

    def use_a_store(self):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
        threading.Thread(target=server.serve_forever).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

        def write(fence, content, path="bucket/index"):
            return self.write(fence, example("object_store.py"), content=content,
                              TENURE_OBJECT=f"http://127.0.0.1:{server.server_port}/{path}")

        self.check_order(write)
        wanted = self.check_races(write)
        self.assertEqual(wanted, Store.objects["/bucket/index"][2].decode())
        self.assertEqual(1, write(200, "", "no-such-bucket/index"))

    def use_a_lease(self):
        """The fence that `tenure run` hands on grows from leader to leader."""
        path = self.zoo.path("led.txt")
        fences = []
        for text in ("first", "second"):
            code, _, errors = self.run_to_end(
                TENURE, "run", "--ttl", "10s", self.key, "--", example("file.py"), path,
                "echo", text)
            self.assertEqual(0, code, errors)
            with open(path + ".fence", encoding="ascii") as file:
                fences.append(int(file.read()))
        self.assertLess(0, fences[0])
        self.assertLess(fences[0], fences[1])

    @unittest.skipUnless(postgres_folder() or cases.in_ci(),
                         "postgresql is not installed (./dev setup installs it)")
    def test_postgres(self):
        programs = postgres_folder()
        self.assertIsNotNone(programs, "postgresql is missing, and CI is set")
        folder = self.zoo.path("postgres")
        os.mkdir(folder)
        os.chmod(self.folder, 0o755)
        user = ()
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            user = ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}",
                    "--clear-groups")
        data = os.path.join(folder, "data")
        code, _, errors = self.run_to_end(
            *user, f"{programs}/initdb", "-D", data, "-U", "tenure", "-A", "trust", "--no-sync",
            timeout=120)
        self.assertEqual(0, code, errors)
        server = self.start(*user, f"{programs}/postgres", "-D", data, "-k", folder, "-h", "",
                            "-F", "-c", "max_connections=20")
        self.addCleanup(server.wait, 30)
        self.addCleanup(server.send_signal, 2)
        database = {"PGHOST": folder, "PGUSER": "tenure", "PGDATABASE": "postgres"}
        wait_until(lambda: self.run_to_end(f"{programs}/pg_isready", env=database)[0] == 0, 60,
                   pause=0.05, what="PostgreSQL")
        code, _, errors = self.run_to_end(example("postgres.sh"), "setup", env=database)
        self.assertEqual(0, code, errors)
        for wrong in ((), ("set", "apples")):
            self.assertEqual(64, self.run_to_end(example("postgres.sh"), *wrong)[0])

        def write(fence, content):
            return self.write(fence, example("postgres.sh"), "set", "apples",
                              content.removeprefix("by "), **database)

        self.check_order(write)
        wanted = self.check_races(write)
        code, output, _ = self.run_to_end("psql", "-XAtc", "SELECT pieces FROM stock", env=database)
        self.assertEqual((0, wanted.removeprefix("by ")), (code, output.strip()))


if __name__ == "__main__":
    cases.main()
