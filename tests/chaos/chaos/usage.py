"""What the programs use while they run: memory, descriptors, connections to Consul."""

import os
import threading

from support.processes import boot_time

from .machine import PLAIN, SECURE

PORTS = {PLAIN, SECURE}
PERIOD = 2.0


def of(pid):
    """(bytes, descriptors, connections to Consul) of a process; None if it is gone."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        names = os.listdir(f"/proc/{pid}/fd")
        inodes = set()
        for name in names:
            try:
                target = os.readlink(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
        with open(f"/proc/{pid}/net/tcp", encoding="ascii") as file:
            rows = [line.split() for line in file.readlines()[1:]]
    except (OSError, IndexError):
        return None
    used = sum(row[9] in inodes and int(row[2].split(":")[1], 16) in PORTS for row in rows)
    return memory, len(names), used


class Watch:
    """Samples all programs of a run, each start of a program apart."""

    def __init__(self, programs, began):
        self.programs, self.began = programs, began
        self.samples = {}  # (name, start): [(second, bytes, descriptors, connections)]
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self):
        while not self.stopped.wait(PERIOD):
            for program in self.programs:
                self.look(program)

    def look(self, program):
        process = program.process
        if process is None or process.poll() is not None:
            return
        found = of(process.pid)
        if found is not None and found[0] > 0:
            self.samples.setdefault((program.name, program.starts), []).append(
                (boot_time() - self.began, *found))

    def close(self):
        self.stopped.set()
        self.thread.join()


def total(samples, name, place):
    """One figure of a program over all its starts, for a picture."""
    return sorted((s[0], s[place]) for (program, _), rows in samples.items() if program == name
                  for s in rows)
