"""Peers: what people use instead of tenure, built from bench/peers, each with the server that it
needs. The results note a peer that cannot be built or started."""

import os
import shutil
import socket
import subprocess
import time

from .processes import Failed, boot_ns
from .servers import ROOT

SOURCES = os.path.join(ROOT, "bench", "peers")


class Peer:
    """A program to compare tenure with. It runs in the benchmarks `benches`, with up to
    `most_elections` elections and up to `most_contenders` candidates, each with its own session."""

    benches = ("failover", "crash", "cold_start", "groups")
    most_elections = 1000
    most_contenders = 100
    crash_settings = ""
    crash_options = ()
    version = ""

    def build(self, folder):
        raise NotImplementedError

    def start_server(self, folder):
        """Starts the peer's own server, if it needs one."""

    def command(self, server):
        raise NotImplementedError

    def close(self):
        """Stops the peer's own server."""


class GoProgram(Peer):
    package = ""
    module = ""

    def build(self, folder):
        self.program = os.path.join(folder, self.name)
        go = shutil.which("go") or missing("go")
        # The current releases of the modules, or older ones for an older Go.
        for file in ("go.mod", "go-1.23.mod"):
            modules = os.path.join(SOURCES, file)
            done = call([go, "build", f"-modfile={modules}", "-o", self.program,
                         "./" + self.package], SOURCES)
            if done.returncode == 0:
                with open(modules, encoding="utf-8") as text:
                    self.version = next(line.split()[1] for line in text
                                        if line.strip().startswith(self.module + " "))
                return
        raise Failed(last_line(done))


class GoLock(GoProgram):
    name = package = "go-lock"
    module = "github.com/hashicorp/consul/api"
    crash_settings = "TTL 10s, lock-delay 15s"

    def command(self, server):
        return [self.program], server.environment


class Etcd(GoProgram):
    name = package = "etcd"
    module = "go.etcd.io/etcd/client/v3"
    crash_settings = "lease 2s"
    server = None

    def start_server(self, folder):
        binary = shutil.which("etcd") or missing("etcd")
        client, peer = free_port(), free_port()
        self.endpoint = f"127.0.0.1:{client}"
        self.server = start_in_foreground([
            binary, "--data-dir", os.path.join(folder, "etcd-data"), "--log-level", "error",
            "--listen-client-urls", f"http://{self.endpoint}",
            "--advertise-client-urls", f"http://{self.endpoint}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-cluster", f"default=http://127.0.0.1:{peer}"], folder, self.name, client)

    def command(self, server):
        return [self.program], {"ETCD_ENDPOINT": self.endpoint}

    def close(self):
        end(self.server)


class Curator(Peer):
    name = "curator"
    crash_settings = "session 1s"
    TICK_MS = 500
    server = None

    def build(self, folder):
        maven = shutil.which("mvn") or missing("mvn")
        self.folder = os.path.join(folder, "curator")
        shutil.copytree(os.path.join(SOURCES, "curator"), self.folder, dirs_exist_ok=True)
        done = call([maven, "-q", "-B", "package"], self.folder)
        if done.returncode != 0:
            raise Failed(last_line(done))
        jars = os.listdir(os.path.join(self.folder, "target", "dependency"))
        self.version = next(j[len("curator-recipes-"):-len(".jar")] for j in jars
                            if j.startswith("curator-recipes-"))

    def start_server(self, folder):
        script = "/usr/share/zookeeper/bin/zkServer.sh"
        if not os.path.exists(script):
            missing("zookeeper")
        port = free_port()
        self.endpoint = f"127.0.0.1:{port}"
        data = os.path.join(folder, "zookeeper-data")
        os.makedirs(data, exist_ok=True)
        config = os.path.join(folder, "zoo.cfg")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"tickTime={self.TICK_MS}\ndataDir={data}\nclientPort={port}\n"
                       "clientPortAddress=127.0.0.1\nmaxClientCnxns=0\n"
                       "admin.enableServer=false\n")
        self.server = start_in_foreground(
            [script, "start-foreground", config], folder, self.name, port,
            {"ZOO_LOG_DIR": folder, "ZOO_LOG4J_PROP": "ERROR,CONSOLE"})

    def command(self, server):
        jars = os.path.join(self.folder, "target", "curator-subject-1.jar")
        libraries = os.path.join(self.folder, "target", "dependency", "*")
        offset = boot_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        return ["java", "-cp", f"{jars}:{libraries}", "Subject", self.endpoint,
                str(2 * self.TICK_MS), str(offset)], {}

    def close(self):
        end(self.server)


class Shell(Peer):
    name = "shell"
    benches = ("failover", "crash")
    most_elections = 0
    most_contenders = 10
    crash_settings = "TTL 10s, lock-delay 15s"

    def build(self, folder):
        for program in ("bash", "curl"):
            if shutil.which(program) is None:
                missing(program)
        self.version = call(["curl", "--version"], folder).stdout.split()[1]

    def command(self, server):
        offset = (boot_ns() - time.time_ns()) // 1000
        return ([os.path.join(SOURCES, "shell", "subject.sh")],
                {**server.environment, "TENURE_BENCH_OFFSET_US": str(offset)})


def prepare(setting):
    """Builds every peer and starts its server."""
    ready = []
    folder = os.path.join(setting.build, "peers")
    os.makedirs(folder, exist_ok=True)
    for peer in (GoLock(), Etcd(), Curator(), Shell()):
        setting.progress(f"peer {peer.name}: build")
        try:
            peer.build(folder)
            peer.start_server(setting.folder)
        except (Failed, OSError) as failure:
            peer.close()
            setting.results.note(f"peer {peer.name} is skipped: {failure}")
            continue
        setting.progress(f"peer {peer.name} {peer.version}")
        ready.append(peer)
    return ready


def missing(program):
    raise Failed(f"'{program}' is not installed: run ./dev setup --peers")


def call(argv, folder):
    return subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)


def last_line(done):
    lines = (done.stdout + done.stderr).strip().splitlines() or ["no error text"]
    return lines[-1][:300]


def free_port():
    from support import consul
    return consul.free_ports(1)[0]


def start_in_foreground(argv, folder, name, port, environment=None):
    """Starts a server and waits until its port accepts connections."""
    with open(os.path.join(folder, name + ".log"), "wb") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True,
                                   env={**os.environ, **(environment or {})})
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            time.sleep(0.1)
    end(process)
    raise Failed(f"the server did not start: {argv[0]}")


def end(process):
    if process is not None and process.poll() is None:
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            pass
        process.wait()
