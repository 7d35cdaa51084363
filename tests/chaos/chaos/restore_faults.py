"""Old contents that come back: a snapshot restored, and keys imported."""

import base64
import json
import time

from support import consul

from .operator_faults import content, request
from .plan import Missed, fault

RESTORED_WITHIN = 120


# If the leader of the servers is lost meanwhile, they have different contents afterwards, whether
# the restore is repeated or not: Consul's raft does not notice.
@fault("snapshot restored", 1, "cluster", (3, 10), steady=True)
def snapshot_restored(run, f):
    def save(client):
        began = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        # A leader that was paused, and deposed meanwhile, saves old contents: it has to show first
        # that it leads.
        content(client, "/v1/catalog/nodes", consistent="")
        return began, content(client, "/v1/snapshot")
    saved = run.cluster.ask(save)
    if saved is None:
        raise Missed
    began, snapshot = saved

    def restore(client):
        status, _, text = client.request("PUT", "/v1/snapshot", snapshot, timeout=20)
        if status != 200:
            raise RuntimeError(f"/v1/snapshot: {status} {text!r}")
        return True
    yield
    with run.tokens.lock, run.operation(f.kind, "", began):
        # Again until it comes through: the client may have asked a server that is cut off.
        restored = run.cluster.ask(restore, RESTORED_WITHIN)
        # The tokens that were made since the snapshot are gone: the operator makes new ones.
        for program in run.programs():
            run.tokens.renew(program)
    if not restored:
        run.violation("harness", f"no server restored a snapshot within {RESTORED_WITHIN} s")


@fault("keys imported", 2, "cluster", (1, 6))
def keys_imported(run, f):
    """As `consul kv import` does: each key is put with the value and the flags that it had."""
    exported = run.cluster.ask(
        lambda c: json.loads(content(c, "/v1/kv/chaos/e/", recurse=""))) or []
    yield
    hits = 0
    for entry in exported[f.number % 7::10]:
        with run.operation(f.kind, entry["Key"]):
            hits += request(run, "PUT", entry["Key"], base64.b64decode(entry["Value"] or ""),
                            flags=entry["Flags"])
    if hits == 0:
        raise Missed


@fault("agent left", 1, "machine", (0, 3))
def agent_left(run, f):
    """An operator takes the node out: its sessions die with it."""
    agent = run.machine(f).agent
    agent.leave(10)
    yield
    agent.start()


@fault("certificate rotated", 2, "machine")
def certificate_rotated(run, f):
    machine = run.machine(f)
    with run.files.lock:
        run.files.renew(machine.agent.files, f"IP:{machine.host.address}")
        run.files.renew(run.files.client)
    try:
        machine.agent.client.request("PUT", "/v1/agent/reload", timeout=10)
    except (OSError, consul.http.client.HTTPException):
        pass  # it is down: it reads them at its start
    return
    yield
