"""Members of a group as processes, and the group's keys."""

import base64
import json
import time
import urllib.parse

from .processes import Failed, boot_ns

LIMIT = 300  # seconds for anything that a group should do


class Group:
    """A group's keys on a server, written as operators write them."""

    def __init__(self, server, prefix):
        self.server, self.prefix = server, prefix
        self.below = prefix + "/members/"

    def pin(self, key, member):
        self._write({"Verb": "set", "Key": self.below + ".pinned/" + key, "Value": encoded(member)})

    def drain(self, *drained, undrain=()):
        """All in one transaction."""
        folder = self.below + ".drained/"
        self._write(*({"Verb": "set", "Key": folder + name, "Value": ""} for name in drained),
                    *({"Verb": "delete", "Key": folder + name} for name in undrain))

    def _write(self, *operations):
        body = json.dumps([{"KV": o} for o in operations])
        status, _, text = self.server.client.request("PUT", "/v1/txn", body)
        if status != 200:
            raise Failed(f"the group's keys were not written: {status} {text!r}")

    def entries(self):
        """The elections' keys and their entries."""
        found = self.server.client.json("GET", f"/v1/kv/{self.prefix}/", recurse="")
        others = (self.below, self.prefix + "/handed/")
        return {e["Key"]: e for e in found if not e["Key"].startswith(others)}

    def settled(self, name, elections):
        """Whether the member has entered so many elections and has settled."""
        path = urllib.parse.quote(self.below)
        status, _, text = self.server.client.request("GET", "/v1/kv/" + path, recurse="")
        for entry in json.loads(text) if status == 200 else []:
            if "/." in entry["Key"] or not entry.get("Session"):
                continue
            document = json.loads(base64.b64decode(entry["Value"]))
            if document["name"] == name:
                return (document.get("settled", False)
                        and document.get("elections", {}).get("count") == elections)
        return False

    def wait_until_settled(self, name, elections):
        wait_until(lambda: self.settled(name, elections), f"{name} to settle")
        return boot_ns()


class Moves:
    """How often each key was locked anew since this object was made."""

    def __init__(self, group):
        self.group = group
        self.before = self._locks()

    def _locks(self):
        return {key: e["LockIndex"] for key, e in self.group.entries().items()}

    def counts(self):
        return {key: locks - self.before.get(key, 0) for key, locks in self._locks().items()}


class Member:
    """A process that leads its part of `n` elections; without a group all that it can get."""

    def __init__(self, start, server, prefix, name, n, *options, alone=False):
        self.name = name
        self.subject = start("tenure", server, *options)
        self.subject.send("alone" if alone else "join", prefix, name, n)
        self.subject.expect("entered", LIMIT)

    @property
    def pid(self):
        return self.subject.pid

    def leads(self):
        return self.state()[0]

    def state(self):
        """Elections that it leads, terms begun so far, and the time of the last begin or end."""
        self.subject.send("state")
        return [int(word) for word in self.subject.expect("state", LIMIT)]

    def records(self):
        """Since the last call: the begins of terms as a list of (election, time), and the ends."""
        self.subject.send("records")
        return [pairs(self.subject.expect(what, LIMIT)) for what in ("begins", "ends")]

    def kill(self):
        self.subject.kill()


def pairs(words):
    numbers = [int(word) for word in words]
    return list(zip(numbers[::2], numbers[1::2]))


def beyond_share(members, n):
    """By how much members of equal weight miss their share, at most."""
    share = n / len(members)
    return max(abs(m.leads() - share) for m in members)


def wait_for_balance(members, n):
    """Waits until they lead all elections and each its share, and returns the time of the last
    change."""
    def balanced():
        states = [m.state() for m in members]
        low = n // len(members)
        return (sum(s[0] for s in states) == n and all(low <= s[0] <= low + 1 for s in states)
                and max(s[2] for s in states))

    return wait_until(balanced, f"each of {len(members)} members to lead its share of {n}")


def wait_until(condition, what, pause=0.05):
    end = time.monotonic() + LIMIT
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"waited {LIMIT} s for {what}")
        time.sleep(pause)


def encoded(text):
    return base64.b64encode(text.encode()).decode()
