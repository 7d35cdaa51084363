"""Reads the marks that the program `mark` writes."""

from support.processes import whole_lines


class Mark:
    def __init__(self, line):
        time, self.event, self.name, pid, self.fence = line.split()
        self.time = int(time) / 1e9  # seconds of CLOCK_BOOTTIME
        self.pid = int(pid)

    def __repr__(self):
        return f"{self.time:.3f} {self.event} {self.name}"


def read(path):
    """All marks of a file, in the order of writing."""
    return [Mark(line) for line in whole_lines(path)]


def of(marks, event, name=None):
    return [m for m in marks if m.event == event and name in (None, m.name)]


def overlaps(marks):
    """Pairs of marks that show two commands at the same time. A killed command ends with its last
    mark."""
    last = {m.pid: i for i, m in enumerate(marks)}
    found = []
    running = None
    for i, m in enumerate(marks):
        if running is not None and m.pid != running.pid:
            found.append((running, m))
        running = None if last[m.pid] == i else m
    return found
