"""Which faults occur when: decided by the seed, before the run."""

import random
from dataclasses import dataclass

# Every kind of fault by its name: see fault().
KINDS = {}


class Missed(Exception):
    """A fault found nothing that it could hit, or did not come through. It does not count."""


@dataclass(frozen=True)
class Kind:
    name: str
    begin: object      # a generator function (run, fault): before its yield the fault begins;
                       # raises Missed if it hit nothing
    weight: int
    target: str        # "program", "machine", "server" or "cluster"
    seconds: tuple     # how long it lasts
    only: tuple        # the programs that it is for; (): all
    apart: bool        # needs hosts with networks of their own
    steady: bool       # needs servers that keep their leader while it ends


def fault(name, weight, target, seconds=(0.0, 0.0), only=(), apart=False, steady=False):
    """Puts a generator function into the table. What it does after its yield ends the fault."""
    def put(begin):
        KINDS[name] = Kind(name, begin, weight, target, seconds, only, apart, steady)
        return begin
    return put


@dataclass
class Fault:
    at: float          # seconds after the begin of the faults
    seconds: float
    kind: str
    target: tuple      # (machine, program), (machine,), (server,) or ()
    number: int        # for the fault's own choices


# How many times as many faults as usual a run has: in calm ones more moves between the members of
# the group come to their end, and more leases last.
RATES = (0.4, 1.0, 1.0, 1.5)

# For how long before and after the end of a fault that needs steady servers they have no other.
STEADY_BEFORE, STEADY_AFTER = 5.0, 20.0


def possible(isolated):
    """The kinds that can occur, by name: some need hosts with networks of their own."""
    return [k for k in sorted(KINDS.values(), key=lambda k: k.name) if isolated or not k.apart]


def make(seed, seconds, machines, servers, programs, isolated):
    """The faults of a run, in order. The faults of one target never overlap, so that each does what
    its name says."""
    chance = random.Random(seed)
    rate = chance.choice(RATES)
    kinds = possible(isolated)
    busy = {}
    plan = []
    at = 0.0
    while True:
        at += chance.uniform(0.3, 2.0) / rate
        if at >= seconds:
            return plan
        kind = chance.choices(kinds, [k.weight for k in kinds])[0]
        target = pick(chance, kind, machines, servers, programs)
        last = chance.uniform(*kind.seconds)
        if busy.get(lane(kind, target), -1.0) > at:
            continue
        last = min(last, max(0.1, seconds - at))
        if kind.steady:
            if busy.get("server", -1.0) > at + last - STEADY_BEFORE:
                continue
            busy["server"] = at + last + STEADY_AFTER
        busy[lane(kind, target)] = at + last + 1.0
        plan.append(Fault(round(at, 3), round(last, 3), kind.name, target,
                          chance.randrange(1 << 30)))


def pick(chance, kind, machines, servers, programs):
    if kind.target == "program":
        return (chance.randrange(machines), chance.choice(kind.only or programs))
    if kind.target == "machine":
        return (chance.randrange(machines),)
    if kind.target == "server":
        return (chance.randrange(servers),)
    return ()


def lane(kind, target):
    """What only one fault at a time may touch. One server at a time is down or slow."""
    if kind.target in ("server", "cluster"):
        return kind.target
    return target
