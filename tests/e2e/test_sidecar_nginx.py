#!/usr/bin/env python3
"""nginx, with what it does by default, between the sidecar and its clients."""

import json
import os
import shutil
import socket
import sys
import time

from support import cases
from support.elector import (Raw, free_address, get, leader, listening, name_in, open_stream,
                             wait_for_leader)
from support.processes import TENURE, wait_until

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")

# All but the addresses and the folder is as Debian's nginx has it. The second server keeps its
# connections to the sidecar.
CONFIG = """
daemon off;
worker_processes 1;
error_log stderr;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  gzip on;
  server {{
    listen {plain};
    location / {{ proxy_pass http://{sidecar}; }}
  }}
  upstream kept {{ server {sidecar}; keepalive 4; }}
  server {{
    listen {keeping};
    location / {{
      proxy_pass http://kept;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
}}
"""
SIDECAR = """
http: {{listen: "127.0.0.1:0", heartbeat: 1s, hosts: [kept]}}
defaults: {{value: {value}, span: 2s, ttl: 10s}}
elections: [{{name: app, key: {key}}}]
"""


def accepts(address):
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


class NginxTest(cases.ServerCase):
    def sidecar(self, value):
        path = self.zoo.path(value + ".yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SIDECAR.format(value=value, key=self.key))
        process = self.start(TENURE, "sidecar", path)
        process.address = listening(self, process)[0]
        return process

    def nginx(self, sidecar):
        folder = self.zoo.path("nginx")
        os.makedirs(folder, exist_ok=True)
        os.chmod(self.zoo.folder, 0o755)
        plain, keeping = free_address(), free_address()
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, sidecar=sidecar.address, plain=plain,
                                     keeping=keeping))
        process = self.start(NGINX, "-e", "stderr", "-p", folder, "-c", path)
        wait_until(lambda: accepts(plain) or process.poll() is not None, what="nginx")
        self.assertIsNone(process.poll(), self.zoo.errors(process))
        return plain, keeping

    def test_streams_and_answers_through_nginx(self):
        a = self.sidecar("host-a")
        wait_for_leader(a.address, "host-a")
        b = self.sidecar("host-b")
        wait_for_leader(b.address, "host-a")
        plain, keeping = self.nginx(b)
        # The elector's JSON, and HEAD. Through a kept connection, too.
        for address in (plain, keeping):
            with Raw(address) as raw:
                for _ in range(3):
                    status, headers, text = raw.send("/").answer()
                    self.assertEqual((200, "application/json", "host-a"),
                                     (status, headers["Content-Type"], json.loads(text)["name"]))
                raw.send("/sse", method="HEAD")
                first, headers = raw.head()
                self.assertEqual(("HTTP/1.1 200 OK", "text/event-stream"),
                                 (first, headers["Content-Type"]))
                self.assertEqual(200, raw.send("/elections/app").answer()[0])
            self.assertEqual(404, get(address, "/no")[0])
            self.assertEqual(413, get(address, "/", "Content-Length: 2", method="GET",
                                      body=b"{}")[0])
        # Streams arrive at once, their heartbeats keep them open, and they show the change.
        streams = [open_stream(address)[0] for address in (plain, keeping)]
        pages = [open_stream(address, "/ui/events")[0] for address in (plain, keeping)]
        for stream in streams:
            self.assertEqual("host-a", name_in(self.event(stream)))
            self.assertEqual(b": heartbeat\n\n", self.event(stream))
        for page in pages:
            self.assertTrue(self.event(page).startswith(b"event: hello\ndata: {"))
            self.assertTrue(self.event(page).startswith(b"event: state\ndata: [[0,{"))
        a.terminate()
        begin = time.monotonic()
        for stream in streams:
            while (frame := self.event(stream)) in (b": heartbeat\n\n",) or not name_in(frame):
                pass
            self.assertEqual("host-b", name_in(frame))
        for page in pages:
            while b'"name":"host-b"' not in self.event(page):
                pass
        self.assertLess(time.monotonic() - begin, 20)
        # The sidecar ends, and so do its streams.
        b.terminate()
        for stream in streams + pages:
            while stream.chunk():
                pass
            stream.socket.close()
        self.assertEqual(0, b.wait(20))

    def event(self, stream):
        """The next event, in however many chunks it arrives."""
        while b"\n\n" not in getattr(stream, "events", b""):
            chunk = stream.chunk()
            self.assertTrue(chunk, "the stream has ended")
            stream.events = getattr(stream, "events", b"") + chunk
        event, _, stream.events = stream.events.partition(b"\n\n")
        return event + b"\n\n"

    def test_many_clients_of_one_proxy(self):
        # All of them have the address of nginx. Those that hold connections lock no other out.
        a = self.sidecar("host-a")
        wait_for_leader(a.address, "host-a")
        plain, keeping = self.nginx(a)
        streams = [open_stream(plain)[0] for _ in range(150)]
        idle = [Raw(a.address) for _ in range(300)]
        for address in (plain, keeping, a.address):
            self.assertEqual("host-a", leader(address))
        for one in streams + idle:
            one.socket.close()


if __name__ == "__main__":
    if NGINX is None:
        if cases.in_ci():
            sys.exit("nginx is missing, and CI is set")
        print("skipped: nginx is not installed (./dev setup installs it)")
        sys.exit(cases.SKIPPED)
    cases.main()
