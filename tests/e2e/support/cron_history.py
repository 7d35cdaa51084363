"""The ledger of tenure-cron as it is in Consul, and what must be true of it."""

import base64
import collections
import datetime
import json


def keys_below(consul, prefix):
    """The values below a prefix by key, without the prefix."""
    status, _, text = consul.request("GET", "/v1/kv/" + prefix, recurse="", consistent="")
    if status == 404:
        return {}
    return {e["Key"][len(prefix):]: json.loads(base64.b64decode(e["Value"] or ""))
            for e in json.loads(text)}


def seconds_of(tick):
    """2026-11-28T19:00:00Z as seconds since 1970."""
    return int(datetime.datetime.fromisoformat(tick.replace("Z", "+00:00")).timestamp())


class History:
    """All that the ledger keeps of a job that is due every second."""

    def __init__(self, name, document, pages):
        self.name = name
        self.last = document["last"]
        self.open = document.get("open", [])
        self.written = document["records"]  # ever: the ledger keeps only the newest
        self.records = [r for _, page in sorted(pages.items()) for r in page["records"]]
        self.records += document["recent"]

    def by_tick(self):
        """The records of each tick; those of operators' runs are of no tick."""
        found = collections.defaultdict(list)
        for record in self.records:
            if record.get("trigger") == "operator":
                continue
            for tick in range(record["tick"], record.get("until", record["tick"]) + 1):
                found[tick].append(record)
        return found

    def runs(self):
        """The ticks of runs that the ledger knows, finished or not."""
        return [r["tick"] for r in self.records if r["state"] != "skipped"] + \
               [r["tick"] for r in self.open if r["state"] != "waiting"]


def read(consul, root):
    """The histories of all jobs."""
    documents = keys_below(consul, root + "/jobs/")
    pages = collections.defaultdict(dict)
    for key, page in keys_below(consul, root + "/pages/").items():
        job, _, number = key.rpartition("/")
        pages[job][int(number)] = page
    return {job: History(job, d, pages[job]) for job, d in documents.items()}


def missed(records):
    """Whether a tick did not run because no replica led, or because the leader was suspended."""
    return any(r["state"] == "skipped" and r["reason"] in ("no_leader", "suspended")
               for r in records)


def mistakes(history, first, last, catch_up, retries):
    """What is wrong with the ticks in [first, last] of a job that is due every second. Of each row
    of missed ticks the newest `catch_up` have to run late. With `retries` a run with an unknown end
    may be followed by another one of its tick."""
    found = []
    by_tick = history.by_tick()
    waiting = {r["tick"] for r in history.open}
    since_missed = catch_up  # ticks since the last one that was missed
    for tick in range(first, last + 1):
        records = by_tick[tick]
        if not records and tick not in waiting:
            found.append(f"{history.name}: tick {tick} is not in the ledger")
        unknown = sum(r["state"] == "unknown" for r in records)
        if len(records) > 1 and not (retries and unknown >= len(records) - 1):
            found.append(f"{history.name}: tick {tick} is there {len(records)} times: {records}")
        if any(r["state"] == "skipped" and not r.get("reason") for r in records):
            found.append(f"{history.name}: tick {tick} was skipped without a reason")
        if not missed(records):
            since_missed += 1
            continue
        if 0 < since_missed < catch_up:
            found.append(f"{history.name}: only {since_missed} ticks before {tick} ran late")
        since_missed = 0
    if 0 < since_missed < catch_up:
        found.append(f"{history.name}: only {since_missed} ticks before {last} ran late")
    late = [r for r in history.records if r.get("trigger") == "catch_up"]
    if catch_up == 0 and late:
        found.append(f"{history.name}: ran late: {late}")
    return found
