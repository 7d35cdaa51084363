#!/usr/bin/env python3
"""10,000 random schedules: when they are due, by tenure-cron, by croniter of PyPI and by
cron-parser of npm. In UTC: with changes of the clock the three differ from each other, and the unit
tests have an oracle for those."""

import os
import random
import subprocess
import sys
import unittest

from support import node, pypi

PROBE = os.environ["TENURE_SCHEDULE_PROBE"]
COUNT = 3
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()
FIRST, LAST = 1704067200, 1830297600  # 2024 to 2027


class Schedules:
    """In the forms that all three understand in the same way."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def part(self, first, last, names=None):
        low = self.random.randint(first, last)
        high = self.random.randint(low, last)
        step = self.random.randint(1, max(1, (last - first) // 2))
        form = self.random.randrange(6)
        if form == 0:
            return f"*/{step}"
        if form == 1 and low < high:
            return f"{low}-{high}"
        if form == 2 and low < high:
            return f"{low}-{high}/{min(step, high - low)}"
        if form == 3 and names:
            return names[low - first]
        return str(low)

    def field(self, first, last, names=None):
        if self.random.randrange(3) == 0:
            return "*"
        if self.random.randrange(2) == 0:
            return self.part(first, last, names)
        # cron-parser refuses a list that names a value twice.
        return ",".join(map(str, self.random.sample(range(first, last + 1), 3)))

    def day(self):
        if self.random.randrange(8) == 0:
            return "L"
        return ",".join(map(str, self.random.sample(range(1, 29), self.random.randint(1, 3))))

    def weekday(self):
        form = self.random.randrange(8)
        day = self.random.randrange(7)
        if form == 0:
            return f"{day}#{self.random.randint(1, 4)}"
        return DAYS[day] if form < 4 else str(day)

    def next(self):
        minute, hour = self.field(0, 59), self.field(0, 23)
        month = self.field(1, 12, MONTHS)
        # With both, the three do not agree which days beginning with * restrict.
        day, weekday = self.random.choice((("*", "*"), (self.day(), "*"), ("*", self.weekday())))
        start = self.random.randint(FIRST, LAST)
        return f"{COUNT}\t{start}\t{minute} {hour} {day} {month} {weekday}"


CRONITER = """
import sys
from croniter import croniter
for line in sys.stdin:
    count, start, schedule = line.rstrip("\\n").split("\\t")
    due = croniter(schedule, int(start))
    print(*(int(due.get_next(float)) for _ in range(int(count))))
"""


class SchedulesTest(unittest.TestCase):
    def compare(self, lines, others):
        text = "\n".join(lines) + "\n"
        ours = subprocess.run([PROBE], input=text, capture_output=True, text=True, timeout=60,
                              check=True).stdout.splitlines()
        self.assertEqual(len(lines), len(ours))
        command, more = others
        theirs = subprocess.run(command, input=text, capture_output=True, text=True, timeout=200,
                                check=True, **more).stdout.splitlines()
        self.assertEqual(len(lines), len(theirs))
        for line, mine, other in zip(lines, ours, theirs):
            self.assertEqual(other.split(), mine.split(), line)

    def test_croniter(self):
        schedules = Schedules(1)
        packages = {**os.environ, "PYTHONPATH": pypi.prepare(), "TZ": "UTC"}
        self.compare([schedules.next() for _ in range(7500)],
                     ([sys.executable, "-c", CRONITER], {"env": packages}))

    def test_cron_parser(self):
        schedules = Schedules(2)
        folder = node.prepare()
        self.compare([schedules.next() for _ in range(2500)],
                     (["node", "cron_next.js"], {"cwd": folder}))


if __name__ == "__main__":
    unittest.main()
