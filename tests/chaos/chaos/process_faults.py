"""Faults of processes: programs, guardians, agents and servers."""

import os
import signal
import time

from .plan import Missed, fault


@fault("program killed", 8, "program", (0.1, 8))
def program_killed(run, f):
    program = run.program(f)
    hit = program.kill()
    yield
    program.start()
    if not hit:
        raise Missed


@fault("program paused, shorter than its lease", 4, "program", (0.1, 1.0))
@fault("program paused, longer than its lease", 8, "program", (4.5, 9))
def program_paused(run, f):
    program = run.program(f)
    if not program.running():
        raise Missed
    program.pause()
    yield
    program.resume()


@fault("program stopped and started", 4, "program", (0, 4))
def program_stopped(run, f):
    program = run.program(f)
    if not program.running():
        raise Missed
    if program.stop(40) is None:
        run.violation("end", f"{program.name} did not end within 40 s of SIGTERM")
        program.kill()
    yield
    program.start()


def descendants(pid):
    """The processes below a process, by /proc."""
    found, left = [], [pid]
    while left:
        one = left.pop()
        try:
            with open(f"/proc/{one}/task/{one}/children", encoding="ascii") as file:
                children = [int(p) for p in file.read().split()]
        except OSError:
            children = []
        found += children
        left += children
    return found


GUARDED = ("run", "lock", "sidecar", "cron")


@fault("guardian killed", 3, "program", only=GUARDED)
@fault("guardian paused", 2, "program", (3, 8), only=GUARDED)
def guardian(run, f):
    """A process below a program: the zygote, a guardian, or a command."""
    program = run.program(f)
    below = descendants(program.process.pid) if program.running() else []
    if not below:
        raise Missed
    number = signal.SIGKILL if f.kind.endswith("killed") else signal.SIGSTOP
    hit = below[f.number % len(below)]
    program.hit.append(hit)
    if not send(hit, number):
        raise Missed
    yield
    if number == signal.SIGSTOP:
        send(hit, signal.SIGCONT)


def send(pid, number):
    """Whether the process was there."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


@fault("agent killed", 3, "machine", (0.5, 8))
def agent_killed(run, f):
    agent = run.machine(f).agent
    agent.kill()
    yield
    agent.start()


@fault("agent restarted", 2, "machine", (0, 2))
def agent_restarted(run, f):
    agent = run.machine(f).agent
    agent.stop()
    yield
    agent.start()


@fault("agent paused", 3, "machine", (0.5, 10))
def agent_paused(run, f):
    agent = run.machine(f).agent
    agent.pause()
    yield
    agent.resume()


@fault("server killed", 3, "server", (1, 10))
def server_killed(run, f):
    server = run.server(f)
    server.kill()
    yield
    server.start()


@fault("server paused", 2, "server", (1, 10))
def server_paused(run, f):
    server = run.server(f)
    server.pause()
    yield
    server.resume()


@fault("raft leader paused, deposed, resumed", 4, "server", (6, 12))
def leader_paused(run, f):
    server = run.cluster.leader()
    if server is None:
        raise Missed
    server.pause()
    yield
    server.resume()


@fault("raft leader killed", 3, "server", (1, 8))
def leader_killed(run, f):
    server = run.cluster.leader()
    if server is None:
        raise Missed
    server.kill()
    yield
    server.start()


@fault("slow servers", 2, "server", (3, 8))
def slow_servers(run, f):
    """As on a slow disk: all servers stand still for parts of each second."""
    over = time.monotonic() + f.seconds
    while time.monotonic() < over:
        for server in run.cluster.servers:
            if server.process.poll() is None:
                send(server.pid, signal.SIGSTOP)
        time.sleep(0.08 + 0.001 * (f.number % 100))
        for server in run.cluster.servers:
            send(server.pid, signal.SIGCONT)
        time.sleep(0.1)
    return
    yield
