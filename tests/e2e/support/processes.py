"""The processes of the tests: started, observed, and always ended.

A test starts every process by `start`. A mark in the environment identifies all of their
descendants, even those that have detached themselves.
"""

import itertools
import os
import signal
import subprocess
import time
import uuid

# A factor for time limits: other tests share the machine, and a build with sanitizers is slow.
SLACK = float(os.environ.get("TENURE_E2E_SLACK", "1"))
SANITIZED = "TENURE_E2E_SANITIZED" in os.environ

BUILD = os.environ.get("TENURE_BUILD", "build")
TENURE = os.path.join(BUILD, "bin", "tenure")
TENURE_CRON = os.path.join(BUILD, "bin", "tenure-cron")
COMMAND_PROBE = os.path.join(BUILD, "tests", "e2e", "command_probe")
MARK = os.path.join(BUILD, "tests", "e2e", "mark")


def boot_time():
    """Seconds of the clock that leases use."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def alive(pid):
    """Whether a process runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition, seconds=10.0, pause=0.002, what="the condition"):
    """Waits until a condition is true, and returns its value."""
    end = boot_time() + seconds
    while True:
        result = condition()
        if result:
            return result
        if boot_time() > end:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(pause)


def seconds_until(condition, seconds=10.0, what="the condition"):
    """Waits until a condition is true, and returns the seconds that it took."""
    begin = boot_time()
    wait_until(condition, seconds, what=what)
    return boot_time() - begin


def connections_to(pid, port):
    """The local ports of a process's established connections to a port of the loopback."""
    inodes = set()
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    established = "01"
    return {int(row[1].split(":")[1], 16) for row in rows
            if row[3] == established and row[9] in inodes
            and int(row[2].split(":")[1], 16) == port}


def whole_lines(path):
    """The complete lines of a file. A reader of a growing file may see only the beginning of a
    write, up to the end of a page, so an incomplete last line is ignored."""
    try:
        with open(path, "rb") as file:
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return text[:text.rfind("\n") + 1].splitlines()


class Zoo:
    """The processes of one test."""

    def __init__(self, folder):
        self.folder = folder
        self.mark = "tenure-test-" + uuid.uuid4().hex
        self.started = []
        self.numbers = itertools.count(1)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *argv, env=None, stdin=subprocess.DEVNULL, **more):
        """Starts a process with its output in files, which `output(p)` and `errors(p)` read."""
        number = next(self.numbers)
        environment = dict(os.environ)
        for name in list(environment):
            if name.startswith(("CONSUL_", "TENURE_")):
                del environment[name]
        environment.update(env or {})
        environment["TENURE_TEST_MARK"] = self.mark
        with open(self.path(f"{number}.out"), "wb") as out, \
             open(self.path(f"{number}.err"), "wb") as err:
            more.setdefault("stdout", out)
            more.setdefault("stderr", err)
            process = subprocess.Popen([a if isinstance(a, bytes) else str(a) for a in argv],
                                       env=environment, stdin=stdin, **more)
        process.number = number
        self.started.append(process)
        return process

    def run(self, *argv, timeout=30, **more):
        """Runs a process to its end, and returns (exit code, output, errors)."""
        process = self.start(*argv, **more)
        code = process.wait(timeout)
        return code, self.output(process), self.errors(process)

    def _read(self, process, kind):
        with open(self.path(f"{process.number}.{kind}"), "rb") as file:
            return file.read().decode(errors="replace")

    def output(self, process):
        return self._read(process, "out")

    def errors(self, process):
        return self._read(process, "err")

    def lines(self, name):
        """The lines that a command has written to a file so far."""
        return whole_lines(self.path(name))

    def output_lines(self, process):
        """The lines that a process has written so far."""
        return self.lines(f"{process.number}.out")

    def error_lines(self, process):
        """The lines that a process has written to standard error so far."""
        return self.lines(f"{process.number}.err")

    def marked(self):
        """The running processes of this test, descendants included."""
        found = []
        mark = b"TENURE_TEST_MARK=" + self.mark.encode()
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == os.getpid():
                continue
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark in file.read() and alive(int(name)):
                        found.append(int(name))
            except OSError:
                continue
        return found

    def close(self):
        """Ends all processes. Returns the descendants that could not be ended."""
        for process in self.started:
            if process.poll() is None:
                for number in (signal.SIGCONT, signal.SIGKILL):
                    process.send_signal(number)
                process.wait()
        left = []
        for _ in range(200):
            left = self.marked()
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
        return left
