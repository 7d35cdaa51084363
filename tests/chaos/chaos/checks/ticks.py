"""The ticks of tenure-cron: none runs twice, and the ledger says what became of each."""

import collections

from support import cron_history

HISTORY = 1000  # the records that the ledger keeps of a job, at the least: see programs.Setting


def runs_of(lines):
    """{(job, tick): [fence...]} of the lines of tick_mark."""
    found = collections.defaultdict(list)
    for line in lines:
        job, tick, fence, _ = line.split()
        found[job, cron_history.seconds_of(tick)].append(int(fence))
    return found


def violations(ran, histories, forgotten=()):
    """(violations, excused) in the runs and the ledger of jobs that are due every second, with
    `catch_up: none`. `histories`: None if no server told them. `forgotten`: the (first, last) ticks
    of which a restored snapshot may know nothing; what ran and was recorded then may run again, and
    may be missing."""
    if histories is None:
        return [(0, "the ledger could not be read, so nothing of it was checked")], []
    wrong, allowed = [], []

    def add(tick, text):
        excused = any(first <= tick <= last for first, last in forgotten)
        (allowed if excused else wrong).append((0, text))

    for (job, tick), fences in ran.items():
        if len(fences) > 1:
            add(tick, f"{job}: tick {tick} ran {len(fences)} times, under the fences {fences}")
    for job in sorted({job for job, _ in ran} - set(histories)):
        wrong.append((0, f"{job}: it ran, and has no document in the ledger"))
    for job, history in histories.items():
        known, kept = set(history.runs()), len(history.records)
        first = min((r["tick"] for r in history.records),
                    default=min(known, default=history.last + 1))
        if kept < min(history.written, HISTORY):
            wrong.append((0, f"{job}: the ledger has {kept} records of {history.written}"))
        if history.written <= kept:  # none is too old to be kept
            began = min((tick for name, tick in ran if name == job), default=first)
            for tick in range(began, first):
                add(tick, f"{job}: tick {tick} is not in the ledger, which begins at {first}")
        wrong += [(0, text) for text in cron_history.mistakes(history, first, history.last, 0,
                                                              False)]
        for name, tick in ran:
            if name == job and tick >= first and tick not in known:
                add(tick, f"{job}: tick {tick} ran, and is not in the ledger")
        for r in history.records:
            finished = r["state"] == "finished" and r["ending"] == "succeeded"
            if finished and (job, r["tick"]) not in ran:
                add(r["tick"], f"{job}: tick {r['tick']} has succeeded, and did not run")
    return wrong, allowed
