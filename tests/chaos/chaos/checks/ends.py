"""How processes end: by a fault, as their program documents it, or by a crash."""

import re
import signal
from dataclasses import dataclass

UNAVAILABLE = 69  # Consul refuses for good, or is out of reach at the start
INCOMPLETE = 75   # the sidecar: something was not done by its deadline
# What the commands' ends make of `tenure run` and `tenure lock`: done; the lease was lost; the
# guardian died before the start; the command was killed, or got SIGTERM before it could mind it.
OF_COMMANDS = {0, 70, 126, 128 + signal.SIGKILL, 128 + signal.SIGTERM}
NOT_LOCKED = 1

# With which codes each kind of program may end by itself, and with which others after SIGTERM. One
# that minds no signal yet, as it has just started, is ended by SIGTERM itself.
CODES = {
    "elections": (set(), {0}),
    "scheduler": ({UNAVAILABLE}, {0}),
    "guest": ({UNAVAILABLE}, {0}),
    "run": ({UNAVAILABLE}, OF_COMMANDS),
    "lock": ({NOT_LOCKED} | OF_COMMANDS, set()),
    "sidecar": ({UNAVAILABLE}, {0, INCOMPLETE}),
    "cron": ({UNAVAILABLE}, {0}),
}


@dataclass
class End:
    """The end of a process that no SIGKILL of the run explains."""
    at: float    # seconds of the boot clock, when it was seen
    code: int    # -N after signal N
    asked: bool  # whether it had got SIGTERM


def crash(name, end):
    """What is wrong with the end of a program, "KIND@MACHINE"; empty if it is as documented."""
    alone, stopped = CODES[name.partition("@")[0]]
    if end.code in alone or (end.asked and end.code in stopped | {-signal.SIGTERM}):
        return ""
    how = f"with {end.code}" if end.code >= 0 else \
        f"by signal {-end.code} ({signal.strsignal(-end.code)})"
    return f"{name} ended {how} {'after SIGTERM' if end.asked else 'without a fault'}"


DEATH = re.compile(r"(?:zygote|guardian) died.*?(?:(?:zygote|guardian)=(\d+))?$")
BROKEN = re.compile(r"^tenure: invariant violated|^terminate called|^pure virtual method called")


def broken(name, lines, hit):
    """What the log of a program tells of invariants that did not hold, and of zygotes and guardians
    that died. `hit`: the ids of those that faults killed, or paused, after which their program
    kills them. Each explains one death, also one that the log tells without an id."""
    wrong = [f"{name}: {line.strip()}" for line in lines if BROKEN.search(line)]
    left, unnamed = set(hit), []
    for line in lines:
        found = DEATH.search(line.strip())
        if found is None:
            continue
        if found[1] is None:
            unnamed.append(line)
        elif int(found[1]) in left:
            left.remove(int(found[1]))
        else:
            wrong.append(f"{name}: no fault explains: {line.strip()}")
    wrong += [f"{name}: no fault explains: {line.strip()}" for line in unnamed[len(left):]]
    return wrong
