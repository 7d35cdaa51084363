"""Describes the machine on which the figures were measured."""

import os
import platform
import subprocess
import time

from .servers import ROOT, consul_version


def first_line(*argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)
    except OSError:
        return "none"
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "none"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def describe(peers=()):
    """One line: processor, memory, kernel, versions, revision, date, load."""
    with open("/proc/meminfo", encoding="utf-8") as file:
        gib = int(next(file).split()[1]) / 1024 / 1024
    return (f"{os.cpu_count()} cores of {processor()}, {gib:.0f} GiB; Linux {platform.release()}; "
            f"Consul {consul_version()}; {first_line('c++', '--version')}; "
            f"{''.join(f'{p.name} {p.version}; ' for p in peers)}"
            f"tenure {first_line('git', 'describe', '--always', '--dirty')}; "
            f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}; "
            f"load {os.getloadavg()[0]:.1f} before")
