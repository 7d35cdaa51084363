#!/usr/bin/env python3
"""leader-set and leader-get within a hook: which settings it sees."""

import json
import os

from support import cases
from support.processes import TENURE, wait_until
from support.units import TOOLS, JujuCase


class HooksTest(JujuCase):
    def test_a_hook_sees_its_own_snapshot(self):
        hooks = self.zoo.path("hooks")
        os.makedirs(hooks)
        script = os.path.join(hooks, "leader-settings-changed")
        with open(script, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n"
                       f'[ -e "{hooks}/done" ] && exit  # the hook of k=2\n'
                       f'{TOOLS}/leader-get k > "{hooks}/before"\n'
                       f'touch "{hooks}/started"\n'
                       f'while [ ! -e "{hooks}/go" ]; do sleep 0.05; done\n'
                       f'{TOOLS}/leader-get k > "{hooks}/after"\n'
                       f'TENURE_SNAPSHOT= {TOOLS}/leader-get k > "{hooks}/now"\n'
                       f'touch "{hooks}/done"\n')
        os.chmod(script, 0o755)
        leader = self.unit("leader")
        self.elected(leader)
        self.assertEqual(0, self.tool(leader, "leader-set", "k=1")[0])
        self.unit("minion", hooks={"dir": hooks})
        wait_until(lambda: os.path.exists(hooks + "/started"), 30, what="the hook")
        self.assertEqual(0, self.tool(leader, "leader-set", "k=2")[0])
        with open(hooks + "/go", "w", encoding="utf-8"):
            pass
        wait_until(lambda: os.path.exists(hooks + "/done"), what="the hook's end")
        read = {}
        for name in ("before", "after", "now"):
            with open(f"{hooks}/{name}", encoding="utf-8") as file:
                read[name] = file.read()
        self.assertEqual({"before": "1\n", "after": "1\n", "now": "2\n"}, read)

    def test_a_hook_sees_what_it_has_set_itself(self):
        """Of two elections, whose hooks run at the same time."""
        path, go = self.zoo.path("own.sock"), self.zoo.path("go")
        elections = []
        for name, other in (("a", "b"), ("b", "a")):
            hooks = self.zoo.path(name + ".hooks")
            os.makedirs(hooks)
            script = os.path.join(hooks, "leader-elected")
            note = f'>> "{self.zoo.path(name + ".seen")}"'
            with open(script, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n"
                           f"leader-set kept={name} old=x num=1 {note}\n"
                           f"leader-get --format json {note}\n"
                           "leader-set num=2\nleader-set old=\n"
                           f"leader-get num {note}\nleader-get --format json old {note}\n"
                           f"leader-set num=3 $(printf 'bad=\\377') || echo $? {note}\n"
                           f"touch {self.zoo.path(name + '.started')}\n"
                           f'while [ ! -e "{go}" ]; do sleep 0.05; done\n'
                           f"leader-get {note}\n"
                           f"leader-get --election {other} kept {note}\n"
                           f"TENURE_SNAPSHOT= leader-get theirs {note}\n"
                           f"echo $TENURE_LEADER {note}\n")
            os.chmod(script, 0o755)
            elections.append({"name": name, "key": f"{self.key}/{name}", "value": "unit",
                              "span": "48s", "lock_delay": "0s", "hooks": {"dir": hooks}})
        with open(self.zoo.path("own.yaml"), "w", encoding="utf-8") as out:
            json.dump({"control": {"socket": path}, "elections": elections}, out)
        unit = self.start(TENURE, "sidecar", self.zoo.path("own.yaml"))
        unit.socket = path
        for name in ("a", "b"):
            wait_until(lambda n=name: os.path.exists(self.zoo.path(n + ".started")), 30,
                       what="the hook")
            # What is set outside the hook stays unseen in it.
            self.assertEqual((0, "", ""), self.tool(unit, "leader-set", "--election", name,
                                                    "theirs=1", "num=9"))
        with open(go, "w", encoding="utf-8"):
            pass
        for name, other in (("a", "b"), ("b", "a")):
            seen = wait_until(lambda n=name: len(self.zoo.lines(n + ".seen")) >= 9 and
                              self.zoo.lines(n + ".seen"), 30, what="the hook's end")
            self.assertEqual({"kept": name, "old": "x", "num": "1"}, json.loads(seen[0]))
            # num is 2: num=3 was refused with its neighbour, num=9 came from outside.
            self.assertEqual(["2", "null", "2", f"kept: {name}", 'num: "2"', other, "1", "unit"],
                             seen[1:])


if __name__ == "__main__":
    cases.main(needs_consul=True)
