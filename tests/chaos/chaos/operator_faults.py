"""What operators do, and what other programs do to the keys."""

import json
import subprocess

from support.processes import TENURE

from .plan import fault


def held_keys(client):
    """The keys that sessions hold, with those sessions."""
    status, _, text = client.request("GET", "/v1/kv/chaos/", recurse="", consistent="", timeout=5)
    if status != 200:
        return []
    return [(e["Key"], e["Session"], e) for e in json.loads(text)
            if e.get("Session") and e["Key"].count("/members/") == 0]


def chosen(run, f):
    """(key, session, entry) of a held key; the programs with few keys get their part of it."""
    held = run.cluster.ask(held_keys, 3) or []
    few = [h for h in held if h[0].count("/") < 2]
    held = few if few and f.number % 3 == 0 else held
    return held[f.number // 3 % len(held)] if held else None


@fault("session destroyed", 6, "cluster")
def session_destroyed(run, f):
    hit = chosen(run, f)
    if hit:
        run.cluster.ask(lambda c: c.destroy_session(hit[1]))
    return
    yield


def operator(change):
    """An operator changes a key that is held. The run notes when, for the exceptions."""
    def begin(run, f):
        hit = chosen(run, f)
        if hit:
            with run.operation(f.kind, hit[0]):
                change(run, *hit)
        return
        yield
    return begin


def request(run, method, key, body=None, **query):
    run.cluster.ask(lambda c: c.request(method, "/v1/kv/" + key, body, timeout=5, **query))


fault("key deleted", 4, "cluster")(operator(
    lambda run, key, session, entry: request(run, "DELETE", key)))
fault("key overwritten", 4, "cluster")(operator(
    lambda run, key, session, entry: request(run, "PUT", key, "an operator's")))
fault("key released by force", 4, "cluster")(operator(
    lambda run, key, session, entry: request(run, "PUT", key, "", release=session)))


@fault("leader deposed", 3, "cluster")
def deposed(run, f):
    hit = chosen(run, f)
    if hit and hit[0].startswith("chaos/e/"):
        with run.operation(f.kind, hit[0]):
            tenure(run, "depose", hit[0])
    return
    yield


def tenure(run, *words):
    """One of tenure's commands at the first server."""
    server = next((s for s in run.cluster.servers if s.running()), None)
    if server is None:
        return None
    return subprocess.run(
        [TENURE, *words, "--http-addr", server.client.address, "--token", run.master],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)


@fault("member drained", 3, "cluster", (3, 12))
def drained(run, f):
    member = run.machines[f.number % len(run.machines)].name
    tenure(run, "drain", "--force", "chaos/g", member)
    yield
    while True:
        done = tenure(run, "undrain", "chaos/g", member)
        if done is not None and done.returncode == 0:
            return
        run.rest(0.5)


@fault("token rotated", 3, "program")
def token_rotated(run, f):
    run.tokens.rotate(run.program(f))
    return
    yield
