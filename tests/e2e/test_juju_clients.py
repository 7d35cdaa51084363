#!/usr/bin/env python3
"""Unmodified clients of Juju's tools, in real hooks of the sidecar: a charm on the ops framework
and charmhelpers, as they come from PyPI. Stubs take the place of the tools of Juju that tenure does
not have."""

import json
import os
import sys

from support import cases, node, pypi
from support.processes import SLACK, TENURE, wait_until
from support.sidecars import write_script

# Notes each call. ops asks for the peer relation, and for nothing else.
STUB = """
name=$(basename "$0")
case $name in
  relation-ids) echo '["cluster:1"]' ;;
  relation-list) echo '[]' ;;
  relation-get) echo '{}' ;;
esac
[ "$name" = relation-set ] && set -- "$@" "$(cat)"
echo "$name $JUJU_UNIT_NAME $*" >> "%s"
"""
STUBS = ("juju-log", "status-set", "status-get", "relation-ids", "relation-list", "relation-get",
         "relation-set", "config-get")
HOOKS = ("leader-elected", "leader-settings-changed")


class ClientsTest(cases.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.packages = pypi.prepare()

    def unit(self, name):
        """A sidecar with an election for each of the clients."""
        folder = self.zoo.path(name)
        for part in ("ops", "charmhelpers", "charm", "stubs"):
            os.makedirs(os.path.join(folder, part))
        for stub in STUBS:
            write_script(os.path.join(folder, "stubs", stub), STUB % self.zoo.path("calls"))
        with open(os.path.join(folder, "charm", "metadata.yaml"), "w", encoding="utf-8") as file:
            file.write("name: app\npeers:\n  cluster:\n    interface: cluster\n")
        for hook in HOOKS:
            write_script(os.path.join(folder, "ops", hook),
                         f"export JUJU_DISPATCH_PATH=hooks/{hook}\n"
                         f"exec {sys.executable} {node.CLIENTS}/ops_charm.py\n")
            write_script(os.path.join(folder, "charmhelpers", hook),
                         f'echo "$TENURE_LEADER" >> "{self.zoo.path(name + ".leaders")}"\n'
                         f"exec {sys.executable} {node.CLIENTS}/charmhelpers_hook.py "
                         f'>> "{self.zoo.path(name + ".seen")}"\n')
        elections = [{"name": client, "key": f"{self.key}/{client}", "value": name,
                      "span": "3s", "ttl": "10s", "lock_delay": "0s", "stop_budget": "500ms",
                      "guarantee": "1s", "hooks": {"dir": os.path.join(folder, client)}}
                     for client in ("ops", "charmhelpers")]
        file = self.zoo.path(name + ".yaml")
        with open(file, "w", encoding="utf-8") as out:
            json.dump({"control": {"socket": self.zoo.path(name + ".sock")},
                       "elections": elections}, out)
        return self.start(TENURE, "sidecar", file, env={
            "PATH": os.path.join(folder, "stubs") + ":" + os.environ["PATH"],
            "PYTHONPATH": self.packages, "JUJU_UNIT_NAME": f"app/{name}", "JUJU_VERSION": "3.6.0",
            "JUJU_MODEL_NAME": "test", "JUJU_MODEL_UUID": "cdac5656-2423-4388-8f30-41854b4cca7d",
            "JUJU_CHARM_DIR": os.path.join(folder, "charm")})

    def calls(self, *parts):
        return [line for line in self.zoo.lines("calls") if all(p in line for p in parts)]

    def wait_for_calls(self, *parts):
        wait_until(lambda: self.calls(*parts), 30 * SLACK,
                   what=f"{parts} in {self.zoo.lines('calls')}")

    def seen(self, name):
        """What each hook of charmhelpers has printed."""
        return [json.loads(line) for line in self.zoo.lines(name + ".seen")]

    def wait_for_seen(self, name, count=1):
        wait_until(lambda: len(self.seen(name)) >= count, 30 * SLACK, what="the hook's line")
        return self.seen(name)[count - 1]

    def test_ops_and_charmhelpers(self):
        first = self.unit("0")
        self.assertEqual(
            {"leader": True, "before": {}, "host": "db-1", "port": "5432", "old": None,
             "all": {"host": "db-1", "port": "5432"}}, self.wait_for_seen("0"))
        self.wait_for_calls("status-set app/0 ", "leads")
        self.assertTrue(self.calls("status-set app/0 ", "--application", "led by app/0"))
        self.assertTrue(self.calls("relation-set app/0 ", "--app", '"primary": "app/0"'))

        second = self.unit("1")
        self.assertEqual({"leader": False, "all": {"host": "db-1", "port": "5432"}},
                         self.wait_for_seen("1"))
        self.wait_for_calls("status-set app/1 ", "follows")
        self.assertFalse(self.calls("relation-set app/1 "))
        self.assertEqual(["0"], self.zoo.lines("1.leaders"))

        # The other unit takes over, and its hooks know it.
        first.terminate()
        self.assertEqual(0, first.wait(20 * SLACK))
        self.wait_for_calls("relation-set app/1 ", "--app", '"primary": "app/1"')
        wait_until(lambda: any(s["leader"] for s in self.seen("1")), 30 * SLACK,
                   what="leader-elected")
        self.assertEqual("1", self.zoo.lines("1.leaders")[-1])
        self.assertEqual({"host": "db-1", "port": "5432"}, self.seen("1")[-1]["before"])
        self.assertNotIn("hook failed", self.zoo.errors(second))


if __name__ == "__main__":
    cases.main(needs_consul=True)
