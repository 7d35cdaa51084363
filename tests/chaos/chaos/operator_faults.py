"""What operators do, and what other programs do to the keys."""

import json
import subprocess

from support.processes import TENURE

from .plan import Missed, fault


def held_keys(client):
    """The keys that sessions hold, with those sessions."""
    text = content(client, "/v1/kv/chaos/", recurse="", consistent="")
    return [(e["Key"], e["Session"], e) for e in json.loads(text)
            if e.get("Session") and e["Key"].count("/members/") == 0]


def content(client, path, **query):
    """The body of an answer with 200. Another answer, such as that of servers without a leader, is
    none: the caller asks again."""
    status, _, text = client.request("GET", path, timeout=10, **query)
    if status != 200:
        raise RuntimeError(f"{path}: {status} {text!r}")
    return text


def chosen(run, f, prefix=""):
    """(key, session, entry) of a held key; the programs with few keys get their part of it."""
    held = [h for h in run.cluster.ask(held_keys, 3) or [] if h[0].startswith(prefix)]
    few = [h for h in held if h[0].count("/") < 2]
    held = few if few and f.number % 3 == 0 else held
    if not held:
        raise Missed
    return held[f.number // 3 % len(held)]


@fault("session destroyed", 6, "cluster")
def session_destroyed(run, f):
    _, session, _ = chosen(run, f)
    if not run.cluster.ask(lambda c: c.destroy_session(session)):
        raise Missed
    return
    yield


def operator(change):
    """An operator changes a key that is held. The run notes when, for the exceptions."""
    def begin(run, f):
        hit = chosen(run, f)
        with run.operation(f.kind, hit[0]):
            changed = change(run, *hit)
        if not changed:
            raise Missed
        return
        yield
    return begin


def request(run, method, key, body=None, **query):
    """Whether Consul did it."""
    answer = run.cluster.ask(lambda c: c.request(method, "/v1/kv/" + key, body, timeout=5, **query))
    return answer is not None and answer[0] == 200 and answer[2].strip() == b"true"


fault("key deleted", 4, "cluster")(operator(
    lambda run, key, session, entry: request(run, "DELETE", key)))
fault("key overwritten", 4, "cluster")(operator(
    lambda run, key, session, entry: request(run, "PUT", key, "an operator's")))
fault("key released by force", 4, "cluster")(operator(
    lambda run, key, session, entry: request(run, "PUT", key, "", release=session)))


@fault("leader deposed", 3, "cluster")
def deposed(run, f):
    key, _, _ = chosen(run, f, "chaos/e/")
    with run.operation(f.kind, key):
        done = tenure(run, "depose", key)
    if not done:
        raise Missed
    return
    yield


def tenure(run, *words):
    """One of tenure's commands at the first server. Whether it succeeded."""
    server = next((s for s in run.cluster.servers if s.running()), None)
    if server is None:
        return False
    done = subprocess.run(
        [TENURE, *words, "--http-addr", server.client.address, "--token", run.master],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    if done.returncode < 0:
        run.violation("crash", f"tenure {words[0]} ended by signal {-done.returncode}: "
                               f"{done.stderr.strip()}")
    return done.returncode == 0


@fault("member drained", 3, "cluster", (3, 12))
def drained(run, f):
    member = run.machines[f.number % len(run.machines)].name
    hit = tenure(run, "drain", "--force", "chaos/g", member)
    yield
    while not tenure(run, "undrain", "chaos/g", member):
        run.rest(0.5)
    if not hit:
        raise Missed


@fault("token rotated", 3, "program")
def token_rotated(run, f):
    if not run.tokens.rotate(run.program(f)):
        raise Missed
    return
    yield
