"""Enter so many elections and hold them all; then leave them all."""

from ..processes import Failed
from ..results import Target, ratio_at_most
from ..servers import DEFAULT_CONNECTIONS, MANY_ADDRESSES
from ..stats import Samples

ABOUT = "enter 10 ... 100,000 elections, all held; then leave them all"
VALUE = "host-1.example:8080"
PATIENCE = 240
PEERS_EACH = 3  # they take part in each third run


def run(setting):
    for kind in setting.servers:
        for n in setting.sizes(10, 100, 1000, 10_000, 100_000):
            grow(setting, kind, n)


def grow(setting, kind, n):
    # consul/api keeps a blocking query open for each lock, more than Consul allows by default.
    connections = MANY_ADDRESSES if setting.peers else DEFAULT_CONNECTIONS
    with setting.server(kind, connections) as server:
        measure(setting, server, n)


def measure(setting, server, n):
    ours = ["floor", "floor-guarded", "tenure"]
    peers = [p.name for p in setting.peers_for("cold_start", server.kind) if n <= p.most_elections]
    names = ours + peers
    entered = {name: Samples() for name in names}
    left = Samples()
    failed = set()
    # A new server's first writes are slow; nobody's run is to be the one that pays for them.
    once(setting, server, "floor", min(n, 1000), "warm-up", Samples(), Samples())
    server.clear()
    # The small ones are over in a moment and vary most; starting the peers takes longer than that.
    runs = setting.runs(21 if n <= 1000 else 5 if n <= 10_000 else 3)
    for number in range(runs):
        setting.progress(f"cold_start on {server.kind}: {n} elections, run {number + 1} of {runs}")
        for name in names:
            if name in failed or (name in peers and number % PEERS_EACH and not setting.quick):
                continue
            try:
                once(setting, server, name, n, number, entered[name], left)
            except Failed as failure:
                setting.results.note(f"cold_start n={n} on {server.kind}: {failure}",
                                     server.kind)
                failed.add(name)
            server.clear()
    for name in names:
        targets = targets_for(setting, name, n, entered) if server.kind == "consul" else []
        setting.results.add("cold_start", name, n, "enter_to_all_held", "ms", entered[name],
                            server.kind, targets=targets)
    if left:
        setting.results.add("cold_start", "tenure", n, "leave_all", "ms", left, server.kind)


def targets_for(setting, name, n, entered):
    if name != "tenure":
        return []
    targets = ratio_at_most(1.5)
    if n == 1000 and entered.get("go-lock"):
        limit = entered["go-lock"].median / 20
        targets.append(Target("median", limit, "20 x faster than go-lock"))
    return targets


def once(setting, server, name, n, run_number, entered, left):
    with setting.subjects() as start:
        subject = start(name, server)
        subject.tell("many", f"cold-{name}-{n}-{run_number}", n, VALUE)
        _, begun, ended = subject.expect("all", PATIENCE)
        entered.add_run([(int(ended) - int(begun)) / 1e6])
        if name == "tenure":
            subject.tell("leave")
            begun, ended = subject.expect("left", PATIENCE)
            left.add_run([(int(ended) - int(begun)) / 1e6])
