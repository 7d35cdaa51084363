"""Enters many elections, holds them all, then leaves them all."""

from ..processes import Failed, sockets_to
from ..results import Target, plain_at_most, ratio_at_most
from ..servers import DEFAULT_CONNECTIONS, MANY_ADDRESSES
from ..stats import Samples

ABOUT = "enter 10 ... 100,000 elections until all are held; then leave them all"
VALUE = "host-1.example:8080"
PATIENCE = 240
PEERS_EACH = 3  # peers take part in every third run
BUDGET = 80  # of the connections of tenure_subject


def run(setting):
    for kind in setting.servers:
        for n in setting.sizes(10, 100, 1000, 10_000, 100_000):
            grow(setting, kind, n)


def grow(setting, kind, n):
    # consul/api keeps a blocking query open for each lock: more connections than Consul allows by
    # default.
    connections = MANY_ADDRESSES if setting.peers else DEFAULT_CONNECTIONS
    with setting.server(kind, connections) as server:
        measure(setting, server, n)


def measure(setting, server, n):
    ours = ["floor", "floor-guarded", "tenure"]
    ours += ["tenure-tls"] if setting.over_tls(server.kind) else []
    peers = [p.name for p in setting.peers_for("cold_start", server.kind) if n <= p.most_elections]
    names = ours + peers
    entered = {name: Samples() for name in names}
    left = Samples()
    handshakes = Samples()
    failed = set()
    # A new server's first writes are slow: they must not count for any subject.
    once(setting, server, "floor", min(n, 1000), "warm-up")
    server.clear()
    # Small sizes are quick and vary most, so they run often.
    runs = setting.runs(21 if n <= 1000 else 5 if n <= 10_000 else 3)
    for number in range(runs):
        setting.progress(f"cold_start on {server.kind}: {n} elections, run {number + 1} of {runs}")
        for name in names:
            if name in failed or (name in peers and number % PEERS_EACH and not setting.quick):
                continue
            try:
                entering, leaving, opened = once(setting, server, name, n, number)
                entered[name].add_run([entering])
                left.add_run(leaving)
                handshakes.add_run(opened)
            except Failed as failure:
                setting.results.note(f"cold_start n={n} on {server.kind}: {failure}",
                                     server.kind)
                failed.add(name)
            server.clear()
    for name in names:
        targets = targets_for(setting, name, n, entered) if server.kind == "consul" else []
        setting.results.add("cold_start", name, n=n, metric="enter_to_all_held", unit="ms",
                            samples=entered[name], server=server.kind, targets=targets)
    if handshakes:
        setting.results.add("cold_start", "tenure-tls", n=n, metric="connections_opened",
                            unit="", samples=handshakes, server=server.kind,
                            targets=[Target("median", BUDGET, f"median <= {BUDGET}")])
    if left:
        setting.results.add("cold_start", "tenure", n=n, metric="leave_all", unit="ms",
                            samples=left, server=server.kind)


def targets_for(setting, name, n, entered):
    if name == "tenure-tls":
        # With fewer the handshakes are most of the time.
        return plain_at_most(1.2, entered["tenure"]) if n >= 10_000 and entered["tenure"] else []
    if name != "tenure":
        return []
    targets = ratio_at_most(1.5)
    if n == 1000 and entered.get("go-lock"):
        limit = entered["go-lock"].median / 20
        targets.append(Target("median", limit, "20 x faster than go-lock"))
    return targets


def once(setting, server, name, n, run_number):
    """The milliseconds that entering took, a list of those that leaving took (only tenure leaves,
    and only without TLS), and a list with the number of connections that it opened over TLS."""
    over_tls = name == "tenure-tls"
    before = sockets_to(server.tls_port) if over_tls else set()
    with setting.subjects() as start:
        subject = start(name, server)
        subject.send("many", f"cold-{name}-{n}-{run_number}", n, VALUE)
        _, begun, ended = subject.expect("all", PATIENCE)
        entering = (int(ended) - int(begun)) / 1e6
        if over_tls:
            return entering, [], [len(sockets_to(server.tls_port) - before)]
        if name != "tenure":
            return entering, [], []
        subject.send("leave")
        begun, ended = subject.expect("left", PATIENCE)
        return entering, [(int(ended) - int(begun)) / 1e6], []
