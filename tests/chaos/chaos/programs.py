"""The programs that replicas run. Each kind is started by a function of PROGRAMS, and restarted
whenever it ends."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading

from support.processes import BUILD, TENURE, TENURE_CRON, boot_time

from .checks.ends import End
from .checks.ticks import HISTORY

REPLICA = os.path.join(BUILD, "tests", "chaos", "chaos_replica")
WORK = os.path.join(BUILD, "tests", "chaos", "chaos_work")
SCHEDULER = os.path.join(BUILD, "bin", "scheduler")
SPAN = 4.0
SLOTS = 3
TIMES = ["--span", f"{SPAN:.0f}s", "--ttl", "10s"]
CRON_JOBS = 12
LOG_LEVEL = os.environ.get("TENURE_CHAOS_LOG", "info")


class Program:
    """A process on a machine: started, ended by faults, started again."""

    def __init__(self, kind, machine, argv, env, folder):
        self.kind, self.machine, self.argv, self.env = kind, machine, argv, env
        self.name = f"{kind}@{machine.name}"
        self.log = os.path.join(folder, self.name + ".log")
        self.process = None
        self.wanted = False   # whether it is to run
        self.paused = False
        self.starts = 0
        self.ends = []        # checks.ends.End, without those by kill()
        self.hit = []         # the processes below it that faults killed or paused
        self.asked = False    # whether this process has got SIGTERM
        self.told = False     # whether its end is known
        self.lock = threading.RLock()  # of starts and ends

    def start(self):
        with self.lock:
            self._start()

    def _start(self):
        if self.running():
            return
        self.wanted, self.paused, self.asked, self.told = True, False, False, False
        self.starts += 1
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.machine.host.prefix, *self.argv], env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=os.path.dirname(self.log))

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL. Whether that ended it: it may have ended before."""
        with self.lock:
            self.wanted = False
            if not self.running():
                self._note()
                return False
            self.process.kill()
        self.told = self.process.wait() == -signal.SIGKILL
        self._note()
        return True

    def pause(self):
        self.paused = True
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.paused = False
        self.process.send_signal(signal.SIGCONT)

    def stop(self, seconds):
        """SIGTERM; its exit code, None if it did not end in time."""
        with self.lock:
            self.wanted = False
            if not self.running():
                self._note()
                return self.process.returncode
            self.resume()
            self.asked = True
            self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._note()
        return self.process.returncode

    def _note(self):
        """Keeps the end of the process for the checks."""
        if not self.told:
            self.told = True
            self.ends.append(End(boot_time(), self.process.returncode, self.asked))

    def stacks(self):
        """Where its threads are, as gdb sees them, if there is a gdb."""
        if shutil.which("gdb") is None:
            return
        with open(self.log + ".stacks", "ab") as out, \
                contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(["gdb", "-p", str(self.process.pid), "-batch", "-ex",
                            "thread apply all bt"], stdin=subprocess.DEVNULL, stdout=out,
                           stderr=subprocess.DEVNULL, timeout=60, check=False)

    def revive(self):
        """Starts it again if it has ended by itself."""
        with self.lock:
            if self.wanted and not self.running():
                self._note()
                self._start()


class Setting:
    """What the programs need: the folder of their lines, and their sizes."""

    def __init__(self, folder, sizes):
        self.folder, self.elections = folder, sizes.elections
        self.registers, self.life, self.span = sizes.registers, sizes.life, sizes.span
        self.ledger = os.path.join(folder, "ledger")
        self.jobs = os.path.join(folder, "jobs.yaml")
        os.makedirs(self.ledger, exist_ok=True)
        with open(self.jobs, "w", encoding="utf-8") as file:
            file.write("election: chaos/cron\nledger: chaos/ledger\ndefaults: {history: "
                       f"{HISTORY}}}\n"
                       "jobs:\n")
            for i in range(CRON_JOBS):
                file.write(f'  - {{name: job{i}, schedule: "@every 1s", '
                           f'command: [{os.path.join(BUILD, "tests", "e2e", "tick_mark")}, '
                           f'{folder}/ticks]}}\n')

    def path(self, name):
        return os.path.join(self.folder, name)


def elections(machine, s):
    return [REPLICA, machine.name, s.path("leases"), s.elections, s.registers, 2, SLOTS,
            int(s.span * 1000), s.life]


def scheduler(machine, s, name=""):
    name = name or machine.name
    return [SCHEDULER, "--tenants", 5, "--shards", 8, "--workers", 2, "--name", name,
            "--prefix", "chaos/g", "--group", "chaos/g", "--member", name, "--settling",
            "2s", "--pause", "500ms", "--ledger", s.ledger, *TIMES]


def run(machine, s):
    return [TENURE, "run", "--respawn", "--value", machine.name, "--grace", "1s", *TIMES,
            "chaos/run", "--", WORK, s.path("commands"), machine.name, s.life]


def lock(machine, s):
    return [TENURE, "lock", "-n", 2, "-shell=false", "-span", f"{SPAN:.0f}s", "-ttl", "10s",
            "-grace", "1s", "chaos/lock", WORK, s.path("slots"),
            machine.name, s.life]


def sidecar(machine, s):
    file = s.path(f"sidecar-{machine.name}.yaml")
    with open(file, "w", encoding="utf-8") as out:
        json.dump({
            "defaults": {"value": machine.name, "span": "4s", "ttl": "10s"},
            "http": {"listen": f"{machine.inner}:4040"},
            "elections": [{"name": "side", "key": "chaos/side", "stop_budget": "1s",
                           "command": {"run": [WORK, s.path("commands"), machine.name]}},
                          {"name": "idle", "key": "chaos/idle"}]}, out)
    return [TENURE, "sidecar", file]


def cron(machine, s):
    return [TENURE_CRON, "--value", machine.name, "--grace", "1s", "--liveness", "2s", *TIMES,
            "--log-level", LOG_LEVEL, s.jobs]


# Its command line, and with whose policy it works.
PROGRAMS = {
    "elections": (elections, ["library", "chaos/", "--semaphore", "chaos/s"]),
    "scheduler": (scheduler, ["library", "chaos/g/", "--group", "chaos/g"]),
    "run": (run, ["run", "chaos/run"]),
    "lock": (lock, ["lock", "-n", "2", "chaos/lock"]),
    "sidecar": (sidecar, ["sidecar", "chaos/side", "chaos/idle"]),
    "cron": (cron, ["cron", "chaos/cron", "--ledger", "chaos/ledger", "--liveness"]),
}


def make(kind, machine, setting, secure, token):
    argv = [str(word) for word in PROGRAMS[kind][0](machine, setting)]
    env = {**machine.environment(secure), **machine.clock.environment(),
           "CONSUL_HTTP_TOKEN_FILE": token}
    return Program(kind, machine, argv, env, setting.folder)
