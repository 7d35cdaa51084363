"""A leader leaves, cleanly or by losing its session: measures the time until the next leader's body
starts."""

import http.client
import time

from ..processes import Failed, boot_ns
from ..results import plain_at_most, ratio_at_most
from ..servers import MANY_ADDRESSES
from ..setting import OURS
from ..stats import Samples

ABOUT = "from a clean release or a destroyed session to the next leader's body"
SPAN_MS = 500
MANY_SPAN_MS = 15_000  # of the other elections in the process
# Seconds. A term lasts at least SETTLE, after which the candidates' polls are open again. The other
# subjects have their turns meanwhile; the gap separates a turn from the traffic of the one before.
# Both grow with each contender.
SETTLE, SETTLE_PEER, SETTLE_EACH = 0.25, 0.5, 0.0005
GAP, GAP_EACH = 0.05, 0.001
VALUE = "host-1.example:8080"


def run(setting):
    for kind in setting.servers:
        for how in ("release", "destroy"):
            for contenders in setting.sizes(1, 10, 100, quick=2 if how == "release" else 1):
                Case(setting, kind, contenders, 0, how).run()
            for others in setting.sizes(1000, 10_000, quick=1):
                Case(setting, kind, 1, others, how).run()


class Case:
    """`contenders` candidates beside the leader, in a process that has `others` other elections."""

    def __init__(self, setting, kind, contenders, others, how):
        self.setting, self.kind, self.how = setting, kind, how
        self.contenders, self.others = contenders, others
        self.name = how if not others else f"{how}, {others} others"

    def run(self):
        bench = "failover" if self.how == "release" else "failover_destroy"
        names = ["floor", "tenure"]
        names += ["tenure-tls"] if self.setting.over_tls(self.kind) else []
        names += [p.name for p in self.setting.peers_for(bench, self.kind)
                  if not self.others and self.contenders <= p.most_contenders]
        samples = {name: Samples() for name in names}
        rounds = self.setting.runs(16 if self.how == "release" else 8, 4)
        # With other elections every second hand-over goes back, and does not count.
        turns = rounds * 2 if self.others else rounds
        runs = self.setting.runs(5 if self.kind == "consul" else 3, 2)
        with self.setting.server(self.kind, MANY_ADDRESSES) as server, \
                self.setting.subjects() as start:
            fields = []
            for name in names:
                try:
                    fields.append(Field(self, server, start, name))
                except Failed as failure:
                    self.note(failure)
            self.each_in_turn(fields, 2)  # warm up
            for number in range(runs):
                self.setting.progress(f"failover on {self.kind}: {self.name},"
                                      f" {self.contenders} contending, run {number + 1} of {runs}")
                for name, values in self.each_in_turn(fields, turns).items():
                    samples[name].add_run(values)
        self.add_rows(names, samples)

    def each_in_turn(self, fields, turns):
        """The milliseconds that the hand-overs of each subject took. The subjects take turns; one
        that fails is removed."""
        taken = {field.name: [] for field in fields}
        for _ in range(turns):
            for field in list(fields):
                try:
                    taken[field.name] += field.turn()
                except Failed as failure:
                    self.note(failure)
                    fields.remove(field)
        return taken

    def note(self, failure):
        self.setting.results.note(f"failover {self.name}, {self.contenders} contending, on"
                                  f" {self.kind}: {failure}", self.kind)

    def add_rows(self, names, samples):
        for name in names:
            targets = []
            if name == "tenure" and self.kind == "consul":
                targets = ratio_at_most(1.10, 1.25)
            elif name == "tenure-tls" and samples["tenure"]:
                targets = plain_at_most(1.15, samples["tenure"])
            self.setting.results.add("failover", name, n=self.contenders,
                                     metric="until_next_leads", unit="ms", samples=samples[name],
                                     server=self.kind, case=self.name, targets=targets)


class Field:
    """The candidates of one subject: one alone in a process, its contenders in another."""

    def __init__(self, case, server, start, name, prefix="failover"):
        self.case, self.server, self.name = case, server, name
        self.settle = SETTLE if name in OURS else SETTLE_PEER
        options = []
        self.is_tenure = name in ("tenure", "tenure-tls")
        if self.is_tenure:
            options = ["--connections", 80 if case.others else 6]
            if case.how == "destroy":
                options += ["--span-ms", SPAN_MS, "--ttl-ms", 10_000, "--lock-delay-ms", 0,
                            "--many-span-ms", MANY_SPAN_MS]
        self.first = start(name, server, *options)
        self.second = start(name, server, *options)
        key = f"{prefix}/{name}/{case.how}/{case.contenders}/{case.others}"
        shared = []
        if case.others and self.is_tenure:
            shared = ["shared"]
            self.second.send("many", f"others/{name}", case.others, VALUE)
            self.second.expect("all", 240)
        self.first.send("candidate", key)
        self.holder = (self.first, self.first.expect("leading", 60)[0])
        for _ in range(case.contenders):
            self.second.send("candidate", key, *shared)
        self.settled = time.monotonic() + 0.5 + 0.01 * case.contenders

    def turn(self):
        """Makes one hand-over after the last one has settled, and returns its time if it counts.
        With other elections only the hand-over to their process counts. That process then releases
        the key in either case: to destroy its session would end the other elections too."""
        time.sleep(max(0.0, self.settled - time.monotonic()))
        counts = not self.case.others or self.holder[0] is self.first
        taken = self.hand_over(self.case.how if counts else "release")
        self.settled = time.monotonic() + self.settle + SETTLE_EACH * self.case.contenders
        time.sleep(GAP + GAP_EACH * self.case.contenders)
        return [taken] if counts else []

    def hand_over(self, how):
        holder, number = self.holder
        if how == "release":
            holder.send("release", number)
            begun = int(holder.expect("releasing")[1])
        else:
            holder.send("session", number)
            begun = self.destroy(holder.expect("session")[0])
        process, words = self.next_leader()
        self.holder = (process, words[0])
        holder.send("stand" if how == "release" else "stand-afresh", number)
        quarantine = SPAN_MS if how == "destroy" and self.is_tenure else 0
        return (int(words[1]) - begun) / 1e6 - quarantine

    def destroy(self, session):
        host, port = self.server.address.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.connect()
        begun = boot_ns()
        connection.request("PUT", "/v1/session/destroy/" + session)
        connection.getresponse().read()
        connection.close()
        return begun

    def next_leader(self):
        """The first process to report a leading candidate, and the words of its report."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for process in (self.first, self.second):
                if process.answers("leading"):
                    return process, process.expect("leading")
                if process.process.poll() is not None:
                    process.expect("leading", 1)
            time.sleep(0.0005)
        raise Failed(f"{self.name}: no candidate led within 60 s")
