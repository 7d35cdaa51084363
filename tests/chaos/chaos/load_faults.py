"""Faults of load, of clocks, and of members that come and go."""

import subprocess
import sys

from . import programs
from .plan import Missed, fault
from .servers import HTTP, HTTPS

# Connects to both ports of an agent as often as it is told to, and holds on.
HOLDER = """
import socket, sys
held = []
for i in range(int(sys.argv[2])):
    for port in sys.argv[3:]:
        try:
            held.append(socket.create_connection((sys.argv[1], int(port)), 2))
        except OSError:
            pass
sys.stdin.read()
"""


@fault("connection limit reached", 2, "machine", (2, 8))
def connection_limit(run, f):
    """Another program of the host uses all connections that Consul allows an address."""
    machine = run.machine(f)
    with subprocess.Popen(
            [*machine.host.prefix, sys.executable, "-c", HOLDER, machine.inner, "250", str(HTTP),
             str(HTTPS)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) as holder:
        yield
        hit = holder.poll() is None
        holder.kill()
    if not hit:
        raise Missed


@fault("wall clock stepped", 3, "machine")
def clock_stepped(run, f):
    machine = run.machine(f)
    machine.clock.set((f.number % 12001 - 6000) / 1000)
    return
    yield


@fault("member joined and left", 2, "cluster", (5, 15))
def member_joined(run, f):
    machine = run.machines[f.number % len(run.machines)]
    if "scheduler" not in run.sizes.programs:
        raise Missed
    argv = [str(w) for w in programs.scheduler(machine, run.setting, f"guest-{f.number}")]
    near = next(p for p in machine.programs if p.kind == "scheduler")
    guest = programs.Program("guest", machine, argv, near.env, run.setting.folder)
    run.extra.append(guest)
    guest.start()
    yield
    if guest.stop(40) is None:
        run.violation("end", "a guest of the group did not end within 40 s of SIGTERM")
        guest.stacks()
        guest.kill()
