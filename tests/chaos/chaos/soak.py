"""The soak: many elections for a long time, with churn and new servers. What the programs use must
stay flat."""

import os
import time

from support.processes import boot_time, wait_until

from . import network, settled
from .checks import flat
from .servers import Agent

ELECTIONS = 10_000
LIFE = 600        # seconds of a term: 10,000 of them make 17 hand-overs a second
SPAN = 15.0       # as most users have it
EVERY = 300.0     # seconds between new servers
WARM = 0.2        # the part of the time after which use must be flat


def prepare(run):
    """Before the programs start."""
    run.sizes.programs = ["elections"]
    run.sizes.life = LIFE
    run.sizes.span = SPAN
    run.sizes.bound += 120
    run.sizes.slack += 120
    run.sessions = []   # (second, number)
    run.every = min(EVERY, run.seconds / 4)


def endure(run):
    """Lets the time pass, and replaces a server now and then."""
    run.faults_began = boot_time()
    over, next_server = run.faults_began + run.seconds, run.faults_began + run.every
    while boot_time() < over:
        run.progress.show(f"{run.counts['server replaced']} servers replaced",
                          (boot_time() - run.faults_began) / run.seconds)
        found = run.cluster.ask(settled.sessions_of, 2)
        if found is not None:
            run.sessions.append((boot_time() - run.began, len(found)))
        if boot_time() > next_server and over - boot_time() > 20:
            next_server += run.every
            replace_server(run)
        time.sleep(1)
    run.over.set()
    run.faults_ended = boot_time()


def peers(client):
    return client.json("GET", "/v1/status/peers")


def replace_server(run):
    """A new server joins, and the oldest one leaves, as in a rolling upgrade."""
    begun = boot_time()
    host = network.Host(f"s{len(run.hosts) + 1}", len(run.hosts) + 1)
    run.hosts.append(host)
    servers = run.cluster.servers
    new = Agent(host, os.path.join(run.folder, "consul"), run.files.authority,
                [s.host for s in servers], 3)
    new.start()
    address = f"{host.address}:8300"
    try:
        wait_until(lambda: address in (run.cluster.ask(peers, 5) or []), 60, 0.5,
                   "the new server to be a peer")
    except AssertionError as error:
        run.violation("harness", str(error))
    servers.append(new)
    time.sleep(5)  # it becomes a voter
    old = servers.pop(0)
    old.leave(20)
    run.counts["server replaced"] += 1
    run.shown.append((begun, boot_time(), "server replaced", host.name))


def judge(run):
    """Adds what did not stay flat."""
    begin = run.faults_began - run.began
    warm, end = begin + WARM * run.seconds, begin + run.seconds
    for text in flat.growth(run.usage.samples, warm, end, [p.name for p in run.programs()]):
        run.violation("flat", text)
    for text in flat.sessions(run.sessions, begin, end, len(run.machines)):
        run.violation("flat", text)


def run(one):
    """The whole soak."""
    prepare(one)
    one.prepare()
    endure(one)
    one.calm()
    one.end()
    judge(one)
    one.judge()
