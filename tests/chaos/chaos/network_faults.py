"""Faults of the network: partitions, and what the proxy before an agent does."""

from .plan import Missed, fault


def others(run, host):
    return [h for h in run.hosts if h is not host]


@fault("partition, both ways", 4, "machine", (1, 12), apart=True)
def partition(run, f):
    host = run.machine(f).host
    host.cut_to(others(run, host))
    for other in others(run, host):
        other.cut_to([host])
    yield
    for other in others(run, host):
        other.mend_to([host])
    host.mend_to(others(run, host))


@fault("partition, from the agent", 2, "machine", (1, 10), apart=True)
def partition_out(run, f):
    host = run.machine(f).host
    host.cut_to(others(run, host))
    yield
    host.mend_to(others(run, host))


@fault("partition, to the agent", 2, "machine", (1, 10), apart=True)
def partition_in(run, f):
    host = run.machine(f).host
    for other in others(run, host):
        other.cut_to([host])
    yield
    for other in others(run, host):
        other.mend_to([host])


@fault("raft leader cut off", 3, "server", (2, 12), apart=True)
def leader_cut_off(run, f):
    server = run.cluster.leader()
    if server is None:
        raise Missed
    peers = [s.host for s in run.cluster.servers if s is not server]
    server.host.cut_to(peers)
    if f.number % 2:
        for peer in peers:
            peer.cut_to([server.host])
    yield
    if f.number % 2:
        for peer in peers:
            peer.mend_to([server.host])
    server.host.mend_to(peers)


def by_proxy(order):
    def begin(run, f):
        machine = run.machine(f)
        machine.order(order(f))
        yield
        machine.order("pass")
        # What was lost is never sent again, so these connections are of no use any more.
        machine.order("reset")
    return begin


for name, weight, seconds, order in (
        ("delay", 4, (1, 8), lambda f: f"delay {0.02 + f.number % 1000 / 1000:.3f}"),
        ("lost packets", 3, (1, 8), lambda f: f"stall {0.05 + f.number % 5 / 10:.2f}"),
        ("silence", 4, (0.5, 10), lambda f: "drop"),
        ("lost answers", 4, (0.5, 8), lambda f: "answers"),
        ("cut answers", 3, (0.5, 5), lambda f: "cut"),
        ("garbage", 3, (0.5, 5), lambda f: "garbage"),
        ("429", 3, (0.5, 6), lambda f: "busy")):
    fault(name, weight, "machine", seconds)(by_proxy(order))


@fault("resets", 4, "machine")
def resets(run, f):
    run.machine(f).order("reset")
    return
    yield
