"""Reads what the programs wrote during a run, and lets the checks judge it."""

import os
import time

from support import cron_history
from support.processes import boot_time, whole_lines

from . import programs, settled
from .checks import ends, peace, registers, terms, ticks

REACH = int(3 * programs.SPAN * 1e9)  # for how long an operation excuses what follows it


# How far the wall clocks of the machines are wrong, and how long a leader takes to notice.
WALL = 12
# A new leader first runs the ticks since the end of the last one, which a gap has made late.
LATE = 15


def forgotten(run):
    """The ticks that a restore of a snapshot may have taken out of the ledger."""
    return [(o.saved / 1e9 + o.ahead - WALL - LATE, o.end / 1e9 + o.ahead + WALL)
            for o in run.operations if o.saved]


def shards_of(run):
    """The terms in the ledgers of the scheduler, each of which is a file."""
    folder = run.setting.ledger
    clocks = {machine.name: machine.clock for machine in run.machines}
    return [term for name in sorted(os.listdir(folder))
            for term in terms.of_ledger(name, whole_lines(os.path.join(folder, name)), clocks)]


def work_in_peace(run, found, ran):
    """After the faults everything works: not only are the keys held."""
    begin, end = run.faults_ended + run.settled_after - 10, run.stopped
    wanted = {key: 1 for key in settled.keys(run) if key.startswith(("chaos/e/", "chaos/run"))}
    if "elections" in run.sizes.programs:
        wanted["chaos/s/.lock"] = programs.SLOTS
    if "lock" in run.sizes.programs:
        wanted["chaos/lock/.lock"] = 2
    if "sidecar" in run.sizes.programs:
        wanted["chaos/side"] = 1
    if "scheduler" in run.sizes.programs:
        shards = os.listdir(run.setting.ledger)
        wanted.update({shard: 1 for shard in shards})
        if len(shards) != settled.SHARDS:
            run.violation("peace", f"{len(shards)} of {settled.SHARDS} shards were worked", end)
    wrong = peace.idle(found, wanted, begin * 1e9, end * 1e9)
    if "cron" in run.sizes.programs:
        ahead = time.time() - boot_time()
        wrong += peace.silent(ran, [f"job{i}" for i in range(programs.CRON_JOBS)],
                              begin + ahead - WALL, end + ahead + WALL)
    for text in wrong:
        run.violation("peace", text, end)


def crashed(run):
    """What ended or broke by itself: programs, what runs below them, Consul, proxies."""
    for program in run.programs() + run.extra:
        for end in program.ends:
            text = ends.crash(program.name, end)
            if text:
                run.violation("crash", f"{text}; its log: {program.log}", end.at)
    one_of_each_log = {p.log: p for p in run.programs() + run.extra}
    for log, program in one_of_each_log.items():
        for text in ends.broken(program.name, whole_lines(log), program.hit):
            run.violation("crash", text)
    for agent in run.cluster.all:
        agent.note()
        for code in agent.deaths:
            run.violation("harness", f"Consul on {agent.name} ended by itself with {code}; its log:"
                                     f" {agent.log}")
    for machine in run.machines:
        if machine.proxy.poll() is not None:
            run.violation("harness", f"the proxy on {machine.name} ended by itself with "
                                     f"{machine.proxy.returncode}")


def judge(run):
    """Adds the violations to the run. Returns the figures for the report."""
    crashed(run)
    figures = {}
    leases = whole_lines(run.setting.path("leases"))
    found = terms.terms_of(leases)
    single = [t for t in found if not t.key.endswith("/.lock")]
    shared = [t for t in found if t.key.endswith("/.lock")]
    commands = terms.terms_of(whole_lines(run.setting.path("commands")))
    slots = terms.terms_of(whole_lines(run.setting.path("slots")))
    excused = []

    def add(check, wrong, allowed=()):
        excused.extend(allowed)
        for at, text in wrong:
            run.violation(check, text, at / 1e9 if at else None)

    for rows in (single, commands):
        add("one leader", *terms.overlaps(rows, run.operations, REACH))
    for rows in (single, shared, commands):
        add("fences grow", terms.fences(rows))
    shards = shards_of(run)
    add("fences grow", terms.shared(shards))
    add("slots", *terms.slots(shared, programs.SLOTS, run.operations, REACH))
    add("slots", *terms.slots(slots, 2, run.operations, REACH))
    history = registers.parse(leases)
    restores = [(o.begin, o.end) for o in run.operations if o.key == ""]
    if "elections" in run.sizes.programs:
        names = [f"chaos/r/{i}" for i in range(min(run.sizes.registers, run.sizes.elections))]
        add("registers", registers.silent(names, history))
    for name, (writes, reads) in history.items():
        for some_writes, some_reads in registers.split(writes, reads, restores):
            add("registers", registers.violations(name, some_writes, some_reads))
    ran = ticks.runs_of(whole_lines(run.setting.path("ticks")))
    if "cron" in run.sizes.programs:
        histories = run.cluster.ask(lambda c: cron_history.read(c, "chaos/ledger"))
        add("ticks", *ticks.violations(ran, histories, forgotten(run)))
    work_in_peace(run, found + commands + slots + shards, ran)
    figures["terms"] = len(single)
    figures["slots held"] = len(shared) + len(slots)
    figures["terms of commands"] = len(commands)
    figures["terms of shards"] = len(shards)
    figures["register writes"] = sum(len(w) for w, _ in history.values())
    figures["register reads"] = sum(len(r) for _, r in history.values())
    figures["cron runs"] = len(ran)
    figures["overlaps that the design allows"] = len(excused)
    run.excused = excused
    run.terms = single
    run.commands = commands
    return figures
