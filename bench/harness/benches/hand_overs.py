"""One election changes hands: in a group by a hand-over, elsewhere by a release and a claim."""

import time

from . import failover
from ..group_members import Group
from ..results import Target, ratio_at_most
from ..servers import MANY_ADDRESSES
from ..stats import Samples

MOST = 0.75  # times the bare client's release and claim
CONNECTIONS = 6  # of a member
BARE = "floor-handover"


class HandOver(failover.Case):
    """`contenders` members or candidates wait beside the leader. The floor is the bare client's
    release and claim with one contender, whatever the others have."""

    def __init__(self, setting, kind, contenders):
        super().__init__(setting, kind, contenders, 0, "release")
        self.name = "hand-over"
        self.floor = failover.Case(setting, kind, 1, 0, "release")

    def run(self):
        peers = [p.name for p in self.setting.peers_for("groups", self.kind)
                 if self.contenders <= p.most_contenders]
        makers = {"floor": lambda *more: failover.Field(self.floor, *more, "floor"),
                  BARE: lambda *more: BareField(self.floor, *more),
                  "tenure": lambda *more: GroupField(self, *more),
                  **{p: lambda *more, p=p: failover.Field(self, *more, p) for p in peers}}
        samples = {name: Samples() for name in makers}
        runs = self.setting.runs(4 if self.kind == "consul" else 3, 2)
        with self.setting.server(self.kind, MANY_ADDRESSES) as server, \
                self.setting.subjects() as start:
            fields = []
            for name, make in makers.items():
                try:
                    fields.append(make(server, start))
                except failover.Failed as failure:
                    self.note(failure)
            self.each_in_turn(fields, 2)  # warm up
            for number in range(runs):
                self.setting.progress(f"groups on {self.kind}: hand-over, {self.contenders}"
                                      f" contending, run {number + 1} of {runs}")
                turns = self.setting.runs(12, 4)
                for name, values in self.each_in_turn(fields, turns).items():
                    samples[name].add_run(values)
        for name, taken in samples.items():
            self.setting.results.add("groups", name, n=self.contenders,
                                     metric="until_next_leads", unit="ms", samples=taken,
                                     server=self.kind, case=self.name,
                                     targets=self.targets(name, samples, peers))

    def targets(self, name, samples, peers):
        if name != "tenure" or self.kind != "consul":
            return []
        return ratio_at_most(MOST) + [Target("median", samples[p].median, f"median <= {p}'s")
                                      for p in peers if samples[p]]


class BareField(failover.Field):
    """The floor with a hand-over: one transaction, which the other's poll shows."""

    def __init__(self, case, server, start):
        super().__init__(case, server, start, "floor", prefix="bare")
        self.name = BARE

    def hand_over(self, how):
        holder, number = self.holder
        to = self.second if holder is self.first else self.first
        to.send("session", 0)
        session = to.expect("session")[0]
        holder.send("hand-over", number, session)
        begun = int(holder.expect("releasing")[1])
        ended = int(to.expect("leading")[1])
        self.holder = (to, "0")
        return (ended - begun) / 1e6


class GroupField:
    """Members of a group with one election, which is pinned to two of them in turn. These two are
    processes; the other members, which only wait, share a third one."""

    name = "tenure"

    def __init__(self, case, server, start):
        self.case = case
        self.prefix = f"hand-over/{case.contenders}"
        self.group = Group(server, self.prefix)
        self.key = self.prefix + "/leader"
        self.group.pin(self.key, "a")
        options = ["--connections", CONNECTIONS]
        self.members = {name: start("tenure", server, *options) for name in "ab"}
        self.source, self.to = "a", "b"
        self.members["a"].send("member", self.prefix, "a", self.key)
        self.members["a"].expect("leading", 60)
        self.members["b"].send("member", self.prefix, "b", self.key)
        if case.contenders > 1:
            others = start("tenure", server, *options)
            for number in range(case.contenders - 1):
                others.send("member", self.prefix, f"other-{number}", self.key)
        self.settled = time.monotonic() + 1 + 0.02 * case.contenders

    def turn(self):
        time.sleep(max(0.0, self.settled - time.monotonic()))
        self.group.pin(self.key, self.to)
        begun = int(self.members[self.source].expect("releasing", 60)[1])
        ended = int(self.members[self.to].expect("leading", 60)[1])
        self.source, self.to = self.to, self.source
        self.settled = (time.monotonic() + failover.SETTLE
                        + failover.SETTLE_EACH * self.case.contenders)
        time.sleep(failover.GAP + failover.GAP_EACH * self.case.contenders)
        return [(ended - begun) / 1e6]
