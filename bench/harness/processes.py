"""The processes of the benchmarks: subjects, which run commands, and their usage by /proc."""

import os
import queue
import signal
import subprocess
import threading
import time


def boot_ns():
    """The time of the clock that all subjects use."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Failed(Exception):
    """A subject failed, or did not answer in time."""


class Subject:
    """A program to measure. It reads commands from standard input and answers on standard output;
    both are lines of the form `WORD ...`."""

    def __init__(self, name, argv, environment, folder, ready=60):
        self.name = name
        self.lines = queue.Queue()
        self.unread = []  # answers that arrived before an expected one
        self.errors = os.path.join(folder, f"{name}-{time.monotonic_ns()}.err")
        with open(self.errors, "wb") as err:
            self.process = subprocess.Popen(
                [str(a) for a in argv], env={**os.environ, **environment}, text=True, bufsize=1,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self.expect("ready", ready)
        except Failed:
            self.kill()
            raise

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.split())
        self.lines.put(None)

    @property
    def pid(self):
        return self.process.pid

    def send(self, *words):
        try:
            self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise Failed(f"{self.name} has ended: {self.last_error()}") from error

    def expect(self, word, seconds=60.0):
        """Waits for the next answer that begins with `word` and returns its other words. Other
        answers stay unread."""
        for i, words in enumerate(self.unread):
            if words[0] == word:
                return self.unread.pop(i)[1:]
        end = time.monotonic() + seconds
        while True:
            try:
                words = self.lines.get(timeout=max(0.001, end - time.monotonic()))
            except queue.Empty:
                last = " ".join(self.unread[-1]) if self.unread else "-"
                raise Failed(f"{self.name} did not answer '{word}' within {seconds:.0f} s"
                             f" (last answer: {last}; {self.last_error()})") from None
            if words is None:
                self.lines.put(None)
                raise Failed(f"{self.name} ended: {self.last_error()}")
            if words and words[0] == word:
                return words[1:]
            if words:
                self.unread.append(words)

    def answers(self, word):
        """The unread answers that begin with `word`, without waiting."""
        while True:
            try:
                words = self.lines.get_nowait()
            except queue.Empty:
                break
            if words is None:
                self.lines.put(None)
                break
            if words:
                self.unread.append(words)
        return [w[1:] for w in self.unread if w[0] == word]

    def last_error(self):
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            text = file.read().strip()
        return text.splitlines()[-1][:300] if text else "no error text"

    def kill(self):
        """Sends SIGKILL to its process group."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                pass


class Usage:
    """The CPU time that a process has used since this object was created."""

    TICK = os.sysconf("SC_CLK_TCK")

    def __init__(self, pid):
        self.pid = pid
        self.began = time.monotonic()
        self.cpu_began = self._cpu()

    def _cpu(self):
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / self.TICK

    def cores(self):
        return (self._cpu() - self.cpu_began) / (time.monotonic() - self.began)


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def sockets_to(port):
    """The connections to that port of the loopback that are open, or were within the last minute:
    the addresses of their clients."""
    with open("/proc/net/tcp", encoding="utf-8") as file:
        next(file)
        rows = [line.split() for line in file]
    return {row[1] for row in rows if int(row[2].split(":")[1], 16) == port}


def connections_to(pid, port):
    """The number of TCP connections of a process to that port of the loopback."""
    inodes = set()
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    count = 0
    with open("/proc/net/tcp", encoding="utf-8") as file:
        next(file)
        for line in file:
            fields = line.split()
            if fields[9] in inodes and int(fields[2].split(":")[1], 16) == port:
                count += 1
    return count
