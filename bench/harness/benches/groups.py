"""Groups: the time of a hand-over, and how members share their elections when one joins, dies or is
drained."""

import time

from ..group_members import Group, Member, Moves, beyond_share, wait_for_balance, wait_until
from ..processes import Failed, boot_ns
from ..results import Target, at_most, ratio_at_most
from ..servers import MANY_ADDRESSES
from ..stats import Samples
from .hand_overs import HandOver
from .tenants import cpu_seconds

ABOUT = "a hand-over, and members that join, die, are drained, or only wait"
SPAN, LIVENESS, SLACK = 2.0, 1.0, 0.2  # seconds, of the case with a crash
MOST_GAP_MS = 20
MOST_DRAIN = 1.5  # times the floor
MOST_WAIT = 1.5  # times the moves divided by their rate
MOST_CPU = 1.1  # times the same without a group
QUIET_CASES = ("in a group", "without a group")
# Seconds. Each poll of keys ends once in about 31 s: a part of that would count some twice.
TWO_POLLS = 62


def run(setting):
    for kind in setting.servers:
        for contenders in setting.sizes(1, 10, 100, quick=1):
            HandOver(setting, kind, contenders).run()
        small = setting.quick
        n = min(setting.most, 300 if small else 3000)
        for case in (Join(setting, kind, n), Crash(setting, kind, n),
                     Drain(setting, kind, min(setting.most, 1000 if small else 10_000))):
            case.run()
        steady(setting, kind)


class Case:
    """Each run has a server and a group of its own."""

    name = ""
    most_runs = 3

    def __init__(self, setting, kind, n):
        self.setting, self.kind, self.n = setting, kind, n
        self.found = {}

    def run(self):
        runs = self.setting.runs(self.most_runs)
        for number in range(runs):
            self.setting.progress(f"groups on {self.kind}: {self.name}, {self.n} elections, run"
                                  f" {number + 1} of {runs}")
            try:
                with self.setting.server(self.kind, MANY_ADDRESSES) as server, \
                        self.setting.subjects() as start:
                    self.once(server, start)
            except Failed as failure:
                self.setting.results.note(f"groups on {self.kind}, {self.name}: {failure}",
                                          self.kind)
        self.add_rows()

    def once(self, server, start):
        raise NotImplementedError

    def add_rows(self):
        raise NotImplementedError

    def keep(self, metric, values, subject="tenure"):
        self.found.setdefault((subject, metric), Samples()).add_run(values)

    def add(self, metric, unit, targets=(), subject="tenure"):
        self.setting.results.add("groups", subject, n=self.n, metric=metric, unit=unit,
                                 samples=self.found.get((subject, metric), Samples()),
                                 server=self.kind, case=self.name, targets=targets)

    def add_counts(self):
        self.add("beyond_share", "", at_most(1, ""))
        self.add("moved_twice", "", at_most(0, ""))

    def members(self, server, start, group, names, *options):
        return [Member(start, server, group.prefix, name, self.n, "--settling-ms", 0, *options)
                for name in names]

    def keep_counts(self, members, moves):
        counts = moves.counts()
        self.keep("moves", [sum(counts.values())])
        self.keep("moved_twice", [sum(1 for c in counts.values() if c > 1)])
        self.keep("beyond_share", [beyond_share(members, self.n)])


class Join(Case):
    """Three members lead their shares; a fourth joins."""

    name = "a fourth joins"
    most_runs = 2  # its pace is set by a timer

    def __init__(self, setting, kind, n):
        super().__init__(setting, kind, n)
        self.rate = 20 if setting.quick else 100  # a second and member

    def once(self, server, start):
        group = Group(server, "join")
        members = self.members(server, start, group, "abc", "--moves", self.rate)
        wait_for_balance(members, self.n)
        for member in members:
            group.wait_until_settled(member.name, self.n)
        time.sleep(2)  # the last moves are followed by none
        moves = Moves(group)
        joined = boot_ns()
        members += self.members(server, start, group, "d", "--moves", self.rate)
        settled = group.wait_until_settled("d", self.n)
        ended = wait_for_balance(members, self.n)
        time.sleep(2)
        self.keep("until_balanced", [(ended - settled) / 1e9])
        self.keep("from_start", [(ended - joined) / 1e9])
        self.keep_counts(members, moves)

    def add_rows(self):
        fewest = self.n // 4
        seconds = MOST_WAIT * fewest / 3 / self.rate
        self.add("until_balanced", "s", at_most(round(seconds, 2), "s"))
        self.add("from_start", "s")
        self.add("moves", "", at_most(fewest, ""))
        self.add_counts()


class Crash(Case):
    """One of three members is killed."""

    name = "one of three is killed"

    def once(self, server, start):
        group = Group(server, "crash")
        members = self.members(server, start, group, "abc", "--span-ms", int(SPAN * 1000),
                               "--ttl-ms", 10_000, "--liveness-ms", int(LIVENESS * 1000))
        wait_for_balance(members, self.n)
        time.sleep(3)
        moves = Moves(group)
        killed, *left = members
        lost = killed.leads()
        for member in left:
            member.records()
        begun = boot_ns()
        killed.kill()
        wait_for_balance(left, self.n)
        time.sleep(2)
        begins = [when for member in left for _, when in member.records()[0]]
        if len(begins) < lost:
            raise Failed(f"{lost} elections lost their leader, and {len(begins)} got another")
        self.keep("leaderless", [(when - begun) / 1e9 for when in begins])
        self.keep("longest_leaderless", [(max(begins) - begun) / 1e9])
        self.keep_counts(left, moves)

    def add_rows(self):
        limit = LIVENESS + SPAN + SLACK
        self.add("leaderless", "s")
        self.add("longest_leaderless", "s", [Target("p99", limit, f"at most {limit:g} s")])
        self.add("moves", "", at_most(-(-self.n // 3), ""))
        self.add_counts()


class Drain(Case):
    """One of three members leads everything, and is drained. The floor sends the same transactions
    for as many keys."""

    name = "a drain of all"

    def once(self, server, start):
        floor = start("floor", server)
        floor.send("many", "floor", self.n, "host-1.example:8080")
        floor.expect("all", 60)
        floor.send("hand-over-many", "floor")
        words = floor.expect("handed", 60)
        self.keep("until_all_led", [(int(words[2]) - int(words[1])) / 1e6], "floor")
        floor.kill()

        group = Group(server, "drain")
        group.drain("b", "c")
        members = self.members(server, start, group, "abc", "--connections", 80)
        wait_until(lambda: members[0].leads() == self.n, f"a to lead {self.n}")
        for member in members:
            group.wait_until_settled(member.name, self.n)
        time.sleep(2)
        for member in members:
            member.records()
        moves = Moves(group)
        begun = boot_ns()
        group.drain("a", undrain=("b", "c"))
        ended = wait_for_balance(members[1:], self.n)
        time.sleep(2)
        self.keep("until_all_led", [(ended - begun) / 1e6])
        self.keep_gaps(members)
        self.keep_counts(members[1:], moves)
        counts = moves.counts()
        self.keep("not_moved_once", [sum(1 for c in counts.values() if c != 1)])

    def keep_gaps(self, members):
        ends = dict(members[0].records()[1])
        begins = {}
        for member in members[1:]:
            for election, when in member.records()[0]:
                begins.setdefault(election, when)
        if set(ends) != set(begins):
            raise Failed(f"{len(ends)} elections ended and {len(begins)} began")
        self.keep("gap", [(begins[e] - ends[e]) / 1e6 for e in ends])

    def add_rows(self):
        real = self.kind == "consul"
        self.add("until_all_led", "ms", subject="floor")
        self.add("until_all_led", "ms", ratio_at_most(MOST_DRAIN) if real else [])
        gap = Target("p99", MOST_GAP_MS, f"p99 <= {MOST_GAP_MS} ms")
        self.add("gap", "ms", [gap] if real else [])
        self.add("not_moved_once", "", at_most(0, ""))
        self.add_counts()


def steady(setting, kind):
    """The CPU of all processes while nothing happens, in a group and without one. Both cases run at
    the same time, each on a server of its own."""
    size, number, seconds = (300, 3, 5) if setting.quick else (10_000, 20, TWO_POLLS)
    n = min(size, setting.most)
    found = {case: {} for case in QUIET_CASES}
    # One full run: to start forty processes of 10,000 elections takes two minutes.
    for turn in range(setting.runs(1)):
        setting.progress(f"groups on {kind}: {number} members in a group and without one, {n}"
                         f" elections, {seconds} s, run {turn + 1}")
        try:
            for case, used in quiet(setting, kind, n, number, seconds).items():
                for metric, value in used.items():
                    found[case].setdefault(metric, []).append(value)
        except Failed as failure:
            setting.results.note(f"groups on {kind}, steady: {failure}", kind)
    for case, samples in found.items():
        for metric, values in samples.items():
            setting.results.add("groups", "tenure", case=f"{number} members {case}", n=n,
                                metric=metric, unit="%", samples=values, server=kind)
    ratios = [ours / plain for ours, plain in zip(*(s.get("cpu", []) for s in found.values()))]
    targets = [] if setting.quick else at_most(MOST_CPU, "")
    setting.results.add("groups", "tenure", case=f"{number} members, ratio", n=n, unit="",
                        metric="cpu_ratio", samples=ratios, server=kind, targets=targets)


def quiet(setting, kind, n, number, seconds):
    """What the processes of each case use, in percent of a core."""
    with setting.server(kind, MANY_ADDRESSES) as shared, \
            setting.server(kind, MANY_ADDRESSES) as plain, setting.subjects() as start:
        servers = dict(zip(QUIET_CASES, (shared, plain)))
        members = {case: [Member(start, server, "steady", f"m{i}", n, "--settling-ms", 0,
                                 "--connections", 80, alone=server is plain)
                          for i in range(number)]
                   for case, server in servers.items()}
        grouped, alone = members.values()
        wait_until(lambda: sum(m.leads() for m in alone) == n, f"{n} elections to be led")
        wait_for_balance(grouped, n)
        time.sleep(2 if setting.quick else 30)  # all polls of the start have ended

        def used():
            return {case: (sum(cpu_seconds(m.pid) for m in members[case]), cpu_seconds(server.pid))
                    for case, server in servers.items()}

        begun, before = time.monotonic(), used()
        time.sleep(seconds)
        percent = 100 / (time.monotonic() - begun)
        return {case: {"cpu": percent * (ours - before[case][0]),
                       "server_cpu": percent * (of_server - before[case][1])}
                for case, (ours, of_server) in used().items()}
