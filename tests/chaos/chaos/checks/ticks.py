"""The ticks of tenure-cron: none runs twice, and the ledger says what became of each."""

import collections

from support import cron_history


def runs_of(lines):
    """{(job, tick): [fence...]} of the lines of tick_mark."""
    found = collections.defaultdict(list)
    for line in lines:
        job, tick, fence, _ = line.split()
        found[job, cron_history.seconds_of(tick)].append(int(fence))
    return found


def violations(ran, histories, forgotten=()):
    """(violations, excused) in the runs and the ledger of jobs that are due every second, with
    `catch_up: none`. `forgotten`: the (first, last) ticks of which a restored snapshot may know
    nothing; what ran and was recorded then may run again, and may be missing."""
    wrong, allowed = [], []

    def add(tick, text):
        excused = any(first <= tick <= last for first, last in forgotten)
        (allowed if excused else wrong).append((0, text))

    for (job, tick), fences in ran.items():
        if len(fences) > 1:
            add(tick, f"{job}: tick {tick} ran {len(fences)} times, under the fences {fences}")
    for job, history in histories.items():
        if not history.records:
            continue
        first = min(r["tick"] for r in history.records)
        wrong += [(0, text) for text in cron_history.mistakes(history, first, history.last, 0,
                                                              False)]
        known = set(history.runs())
        for name, tick in ran:
            if name == job and tick >= first and tick not in known:
                add(tick, f"{job}: tick {tick} ran, and is not in the ledger")
        for r in history.records:
            finished = r["state"] == "finished" and r["ending"] == "succeeded"
            if finished and (job, r["tick"]) not in ran:
                add(r["tick"], f"{job}: tick {r['tick']} has succeeded, and did not run")
    return wrong, allowed
