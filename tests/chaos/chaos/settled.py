"""Whether the system has settled, and whether it is gone: reads Consul, and asks the checks."""

import base64
import json
import subprocess
import time

from support.processes import TENURE, boot_time

from .checks import peace
from .servers import NOT_THERE

SHARDS = 40  # of the scheduler: see programs.scheduler


def entries_of(client, prefix="chaos/"):
    """{key: (value, session)}"""
    status, _, text = client.request("GET", "/v1/kv/" + prefix, recurse="", consistent="",
                                     timeout=10)
    if status == 404:
        return {}
    if status != 200:
        raise RuntimeError(f"{status} {text!r}")
    return {e["Key"]: (base64.b64decode(e["Value"] or "").decode(errors="replace"),
                       e.get("Session")) for e in json.loads(text)}


def sessions_of(client):
    return {s["ID"]: s["Name"] for s in client.json("GET", "/v1/session/list", consistent="")}


def term_of(cluster):
    """Raft's term, as any server tells it; None if none answers."""
    for server in cluster.servers:
        try:
            return server.client.json("GET", "/v1/agent/self")["Stats"]["raft"]["term"]
        except NOT_THERE:
            continue
    return None


def wait_for_dead_sessions(cluster, seconds, longer):
    """Waits until the servers have had one leader for so many seconds, at most for `longer` more:
    then sessions without renewals have ended."""
    give_up = boot_time() + seconds + longer
    term, since = term_of(cluster), boot_time()
    while boot_time() < min(since + seconds, give_up):
        time.sleep(0.5)
        now = term_of(cluster)
        if now != term:
            term, since = now, boot_time()


def keys(run):
    """The keys that must have a leader."""
    kinds = run.sizes.programs
    found = [f"chaos/e/{i}" for i in range(run.sizes.elections)] if "elections" in kinds else []
    return found + [key for kind, more in (("run", ["chaos/run"]), ("cron", ["chaos/cron"]),
                                           ("sidecar", ["chaos/side", "chaos/idle"]))
                    if kind in kinds for key in more]


def missing(run):
    """What is still to come until every election has a leader and every group is balanced."""
    client = next(s for s in run.cluster.servers).client
    try:
        lost = peace.unled(keys(run), entries_of(client), sessions_of(client))
    except NOT_THERE as error:
        return [f"Consul does not answer: {error}"]
    found = [f"{key} has no leader" for key in lost]
    if "scheduler" in run.sizes.programs:
        done = subprocess.run(
            [TENURE, "group", "--json", "chaos/g", "--http-addr", client.address, "--token",
             run.master], capture_output=True, text=True, timeout=30, check=False)
        if done.returncode == 0:
            found += ["group chaos/g: " + text
                      for text in peace.unbalanced(json.loads(done.stdout), SHARDS,
                                                  len(run.machines))]
        else:
            found.append(f"tenure group: {done.returncode} {done.stderr.strip()}")
    return found


def processes_of(folder):
    """The running processes that work with the files of a run, without Consul's."""
    text = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    return [line.strip() for line in text.stdout.splitlines()
            if folder + "/" in line and folder + "/consul/" not in line]


def remains(run):
    """What is left after the end of all programs."""
    client = run.cluster.servers[0].client
    sessions = [f"{name} {id}" for id, name in sessions_of(client).items()]
    entries = entries_of(client)
    held = [key for key, (_, session) in entries.items() if session]
    operators = {o.key for o in run.operations}  # who also write keys that are gone by then
    contenders = [f"{key} = {value!r}" for key, (value, _) in entries.items()
                  if key not in operators and (
                      "/members/" in key or "/handed/" in key or
                      (key.startswith(("chaos/s/", "chaos/lock/")) and
                       not key.endswith("/.lock")))]
    return peace.left_behind(sessions, held, contenders, processes_of(run.folder))
