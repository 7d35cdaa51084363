"""One run: a cluster, replicas, faults, peace, the end, and what the checks say."""

import collections
import contextlib
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from support.certificates import LOOPBACK, Authority, replace
from support.clocks import Clock
from support.processes import boot_time, wait_until

from . import network, plan, programs, settled, usage, verdict
from .checks import peace
from .checks.terms import Operation
from .machine import Machine
from .servers import MASTER, Agent, Cluster
from .tokens import Tokens


DEAD_SESSION = 21.0  # seconds: twice the TTL, and a moment
MOST_RATE = 4500  # millionths: two machines differ by less than the hundredth that leases allow
MOST_SKEW = 2.0   # seconds


class Files:
    """The certificates of the programs and agents."""

    def __init__(self, folder):
        self.authority = Authority(folder, "authority")
        self.ca = self.authority.file
        self.client = self.authority.issue("client")
        self.lock = threading.Lock()

    def renew(self, pair, host=""):
        """Puts a new certificate and its key into the place of old ones."""
        made = self.authority.issue("renewed", LOOPBACK + ("," + host if host else ""))
        for new, old in zip(made, pair):
            replace(new, old)


class Run:
    master = MASTER

    def __init__(self, folder, seed, seconds, sizes, progress):
        self.folder, self.seed, self.seconds = folder, seed, seconds
        self.sizes, self.progress = sizes, progress
        self.operations = []   # of operators, for the exceptions
        self.shown = []        # (begin, end, fault, target), for the timeline
        self.kinds = []        # of faults that can occur: plan.Kind
        self.counts = collections.Counter()   # faults that hit something
        self.missed = collections.Counter()   # those that did not: plan.Missed
        self.skipped = collections.Counter()  # those whose target was busy
        self.busy = set()      # what faults touch now
        self.wrong = []        # (check, seconds, text)
        self.extra = []        # programs that join for a while
        self.settled_after = 0.0
        self.terms, self.commands, self.excused = [], [], []
        self.lock = threading.Lock()
        self.over = threading.Event()    # the faults are
        self.ending = False              # programs are stopped now

    # -- what the faults use ------------------------------------------------------------------

    def machine(self, f):
        return self.machines[f.target[0]]

    def program(self, f):
        return next((p for p in self.machine(f).programs if p.kind == f.target[1]), None)

    def server(self, f):
        return self.cluster.servers[f.target[0]]

    def rest(self, seconds):
        self.over.wait(seconds)

    @contextlib.contextmanager
    def operation(self, kind, key, saved=0):
        """An operator does something to a key within the block."""
        begin = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        one = Operation(kind, key, begin, begin + (1 << 60), saved, time.time() - begin / 1e9)
        with self.lock:
            self.operations.append(one)
        try:
            yield
        finally:
            one.end = time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def violation(self, check, text, at=None):
        with self.lock:
            self.wrong.append((check, (at or boot_time()) - self.began, text))

    # -- phases -------------------------------------------------------------------------------

    def prepare(self):
        self.began = boot_time()
        self.progress.phase("starting Consul")
        network.prepare()
        names = [f"s{i + 1}" for i in range(3)] + [f"r{i + 1}" for i in range(3)]
        self.hosts = [network.Host(name, i + 1) for i, name in enumerate(names)]
        consul_folder = os.path.join(self.folder, "consul")
        os.makedirs(consul_folder)
        self.files = Files(self.folder)
        servers = [Agent(h, consul_folder, self.files.authority, self.hosts[:3], 3)
                   for h in self.hosts[:3]]
        agents = [Agent(h, consul_folder, self.files.authority, self.hosts[:3], 0)
                  for h in self.hosts[3:]]
        self.cluster = Cluster(servers, agents)
        self.cluster.start(60)
        self.tokens = Tokens(self.cluster, self.folder)
        self.machines = [Machine(a.host, a, self.folder, self.files) for a in agents]
        self.setting = programs.Setting(self.folder, self.sizes)
        self.progress.phase("starting the programs")
        chance = random.Random(self.seed)
        for number, machine in enumerate(self.machines):
            machine.start_proxy()
            rate = chance.randint(-MOST_RATE, MOST_RATE)
            machine.clock = Clock(os.path.join(self.folder, "clock-" + machine.name),
                                  chance.uniform(-MOST_SKEW, MOST_SKEW), rate)
            for kind in self.sizes.programs:
                name = f"{kind}@{machine.name}"
                machine.programs.append(programs.make(
                    kind, machine, self.setting, (number + len(kind)) % 3 != 0,
                    self.tokens.create(kind, name)))
        for program in self.programs():
            program.start()
        threading.Thread(target=self._revive, daemon=True).start()
        self.usage = usage.Watch(self.programs(), self.began)
        wait_until(self.settled, 60 + self.sizes.slack, 0.5, "every election to have a leader")
        time.sleep(2 * usage.PERIOD)

    def programs(self):
        return [p for m in self.machines for p in m.programs]

    def settled(self):
        self.unsettled = settled.missing(self)
        return not self.unsettled

    def inject(self):
        self.kinds = plan.possible(network.isolated())
        faults = plan.make(self.seed, self.seconds, len(self.machines), 3,
                           list(self.sizes.programs), network.isolated())
        self.faults_began = boot_time()
        with ThreadPoolExecutor(64) as pool:
            for f in faults:
                while boot_time() < self.faults_began + f.at:
                    self.progress.show(f"faults {sum(self.counts.values())}",
                                       (boot_time() - self.faults_began) / self.seconds)
                    time.sleep(0.02)
                pool.submit(self._play, f)
            self.over.wait(max(0.0, self.faults_began + self.seconds - boot_time()))
            self.over.set()
        self.faults_ended = boot_time()

    def _play(self, f):
        """One fault. A fault may last longer than planned, if a program takes its time to end: then
        the next one of the same target is left out."""
        lane = plan.lane(plan.KINDS[f.kind], f.target)
        with self.lock:
            if lane in self.busy:
                self.skipped[f.kind] += 1
                return
            if lane != "cluster":
                self.busy.add(lane)
        try:
            self._play_alone(f)
        finally:
            with self.lock:
                self.busy.discard(lane)

    def _play_alone(self, f):
        begun = boot_time()
        steps = plan.KINDS[f.kind].begin(self, f)
        try:
            if plan.KINDS[f.kind].target == "program" and self.program(f) is None:
                raise plan.Missed
            held = next(steps, self) is None
            if held:
                self.over.wait(max(0.0, begun + f.seconds - boot_time()))
                next(steps, None)
            with self.lock:
                self.counts[f.kind] += 1
                self.shown.append((begun, boot_time(), f.kind, self._name(f)))
        except plan.Missed:
            with self.lock:
                self.missed[f.kind] += 1
        except Exception as error:  # pylint: disable=broad-except
            self.violation("harness", f"the fault '{f.kind}' failed: {error!r}")

    def _name(self, f):
        kind = plan.KINDS[f.kind].target
        if kind == "server":
            return self.server(f).name
        return f"{self.machine(f).name}" if f.target else "cluster"

    def _revive(self):
        """Programs that end by design, such as tenure lock, start again until the very end."""
        while not self.ending:
            for program in self.programs():
                program.revive()
            time.sleep(0.2)

    def calm(self):
        """Everything is mended. Every election gets its leader, and groups are balanced."""
        self.progress.phase("faults are over")
        # The sessions of killed programs live for so long, and hold their keys. A new leader of the
        # servers begins to count anew.
        settled.wait_for_dead_sessions(self.cluster, DEAD_SESSION, self.sizes.slack)
        try:
            wait_until(self.settled, self.sizes.bound - DEAD_SESSION, 0.5, "peace")
        except AssertionError:
            for text in self.unsettled[:20]:
                self.violation("peace", f"{self.sizes.bound:.0f} s after the faults: {text}")
        self.settled_after = boot_time() - self.faults_ended
        time.sleep(2 * usage.PERIOD)
        self.calms = (self.faults_began - self.began,
                      self.faults_ended + self.settled_after - self.began)

    def end(self):
        self.progress.phase("stopping the programs")
        self.stopped = boot_time()
        self.ending = True
        time.sleep(0.3)
        with ThreadPoolExecutor(64) as pool:
            codes = list(pool.map(lambda p: (p, p.stop(60)), self.programs()))
        self.usage.close()
        for text in peace.grown(self.usage.samples, self.calms, [p.name for p in self.programs()]):
            self.violation("leaks", text)
        for program, code in codes:
            if code is None:
                self.violation("end", f"{program.name} did not end within 60 s of SIGTERM")
                program.stacks()
                program.kill()

    def judge(self):
        """What is left, and what the programs wrote down."""
        for text in settled.remains(self):
            self.violation("leaks", text)
        self.figures = verdict.judge(self)

    def play(self):
        """A whole run."""
        self.prepare()
        self.inject()
        self.calm()
        self.end()
        self.judge()

    def close(self):
        self.ending = True
        if hasattr(self, "usage"):
            self.usage.close()
        for machine in getattr(self, "machines", []):
            for program in machine.programs:
                if program.running():
                    program.resume()
                    program.kill()
            machine.close()
        for program in self.extra:
            if program.running():
                program.kill()
        if hasattr(self, "cluster"):
            self.cluster.stop()
