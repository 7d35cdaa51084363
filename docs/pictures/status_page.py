#!/usr/bin/env python3
"""Takes status_page.png: two sidecars, five elections, the embedded agent, and a real browser.

usage: status_page.py BIN [OUTPUT]    (BIN: the folder with `tenure`, such as build/release/bin)

Plain Python and Debian's chromium, driven by its DevTools protocol. The page shows what happens on
this machine: two leaders are deposed, so that leases, fences and timelines differ.
"""
import base64
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

WIDTH, HEIGHT, SCALE = 1120, 386, 1.5
ELECTIONS = ["billing", "cache-warmer", "mail-queue", "mysql-primary", "nightly-backup"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url: str, attempts: int = 200):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for attempt in range(attempts):
        try:
            with direct.open(url, timeout=2) as answer:
                return json.loads(answer.read())
        except (OSError, ValueError):
            if attempt == attempts - 1:
                raise
            time.sleep(0.05)
    return None


class Page:
    """One page of a browser: as much of WebSocket and DevTools as a screenshot needs."""

    def __init__(self, url: str):
        host, rest = url.removeprefix("ws://").split("/", 1)
        name, port = host.split(":")
        self.link = socket.create_connection((name, int(port)), timeout=30)
        self.buffer = b""
        self.last = 0
        key = base64.b64encode(os.urandom(16)).decode()
        self.link.sendall(f"GET /{rest} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
                          f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.link.recv(65536)
        self.buffer = self.buffer.split(b"\r\n\r\n", 1)[1]

    def take(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self.buffer += self.link.recv(1 << 20)
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def message(self) -> dict:
        whole = b""
        while True:
            first, second = self.take(2)
            size = second & 0x7F
            if size == 126:
                size = struct.unpack(">H", self.take(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.take(8))[0]
            whole += self.take(size)
            if first & 0x80:
                return json.loads(whole)

    def call(self, method: str, **params) -> dict:
        self.last += 1
        body = json.dumps({"id": self.last, "method": method, "params": params}).encode()
        mask = os.urandom(4)
        head = struct.pack(">BBH", 0x81, 0x80 | 126, len(body))
        self.link.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(body)))
        while True:
            answer = self.message()
            if answer.get("id") == self.last:
                return answer["result"]


def sidecar(tenure: str, folder: pathlib.Path, value: str, names: list[str], port: int, env: dict):
    file = folder / f"{value}.yaml"
    listed = "".join(f"  - {{name: {name}}}\n" for name in names)
    file.write_text(f"elections:\n{listed}defaults: {{value: {value}, span: 10s}}\n"
                    f'http: {{listen: "127.0.0.1:{port}"}}\n', encoding="utf-8")
    process = subprocess.Popen([tenure, "sidecar", str(file)], env=env, stdin=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    get(f"http://127.0.0.1:{port}/elections")
    return process


def shoot(port: int, url: str, output: pathlib.Path) -> None:
    [target] = [t for t in get(f"http://127.0.0.1:{port}/json/list") if t["type"] == "page"]
    page = Page(target["webSocketDebuggerUrl"])
    page.call("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT,
              deviceScaleFactor=SCALE, mobile=False)
    page.call("Page.enable")
    page.call("Page.navigate", url=url)
    time.sleep(2)  # the first events
    output.write_bytes(base64.b64decode(page.call("Page.captureScreenshot", format="png")["data"]))


def main() -> None:
    tenure = str(pathlib.Path(sys.argv[1]) / "tenure")
    here = pathlib.Path(__file__).resolve().parent
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else here / "status_page.png"
    agent_port, port_a, port_b, debug_port = (free_port() for _ in range(4))
    env = {**os.environ, "CONSUL_HTTP_ADDR": f"127.0.0.1:{agent_port}"}
    started = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        try:
            started.append(subprocess.Popen(
                [tenure, "agent", "--listen", env["CONSUL_HTTP_ADDR"], "--state", "none",
                 "--start-lock-delay", "0", "--log-level", "off"], stdin=subprocess.DEVNULL))
            get(f"http://127.0.0.1:{agent_port}/v1/status/leader")
            started.append(sidecar(tenure, folder, "host-b", ELECTIONS, port_b, env))
            time.sleep(4)
            started.append(sidecar(tenure, folder, "host-a", ELECTIONS, port_a, env))
            for name in ("billing", "mysql-primary"):
                time.sleep(3)
                subprocess.run([tenure, "depose", f"service/{name}/leader"], env=env, check=True,
                               stdout=subprocess.DEVNULL)
            time.sleep(18)
            started.append(subprocess.Popen(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                 f"--remote-debugging-port={debug_port}", f"--user-data-dir={folder}/profile",
                 "about:blank"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            shoot(debug_port, f"http://127.0.0.1:{port_a}/ui", output)
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()
    print(output)


if __name__ == "__main__":
    main()
