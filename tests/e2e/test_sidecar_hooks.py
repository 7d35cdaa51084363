#!/usr/bin/env python3
"""Hooks: Juju's guarantees, one test each."""

import json
import os
import time

from support import cases
from support.processes import SLACK, boot_time, wait_until
from support.sidecars import Sidecars, write_script

GUARANTEE = 1.0  # of a span of 3 s


class Line:
    """One line that a hook wrote at its begin or end: the time and its environment."""

    def __init__(self, line):
        at, self.event, self.hook, self.unit, self.fence, self.snapshot, self.leader = \
            line.split(" ")
        self.at = float(at)

    def __repr__(self):
        return f"{self.at:.2f} {self.unit} {self.event} {self.hook} {self.fence}"


class HooksTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        self.stage = Sidecars(self, self.id().rpartition(".")[2], span=3.0,
                              stop_budget="500ms")

    def unit(self, name, body="", timeout="20s", only=None):
        """Starts a sidecar whose hooks record their runs; `body` is the rest of the script."""
        folder = self.stage.path(name + ".hooks")
        os.mkdir(folder)
        for hook in only or ("leader-elected", "leader-settings-changed", "leader-deposed"):
            write_script(os.path.join(folder, hook), f"""
now() {{ awk '{{print $1}}' /proc/uptime; }}
note() {{ echo "$(now) $1 $TENURE_HOOK {name} $TENURE_FENCE ${{TENURE_SNAPSHOT:--}} \
${{TENURE_LEADER:--}}" >> {self.stage.path("diary")}; }}
note begin
{body}
note end
""")
        return self.stage.start(name, guarantee=f"{GUARANTEE:.0f}s",
                                hooks={"dir": folder, "timeout": timeout},
                                top={"control": {"socket": self.stage.path(name + ".socket")}})

    def diary(self, event="end", hook=None, unit=None):
        return [entry for entry in map(Line, self.stage.zoo.lines("diary"))
                if event in (None, entry.event) and hook in (None, entry.hook)
                and unit in (None, entry.unit)]

    def wait_for(self, hook, unit, count=1, event="end", seconds=20):
        wait_until(lambda: len(self.diary(event, hook, unit)) >= count, seconds,
                   what=f"{hook} of {unit}, {count} times: {self.diary(None)}")
        return self.diary(event, hook, unit)[count - 1]

    def settle(self):
        time.sleep(0.5)

    def set_settings(self, **values):
        return self.consul.put(self.stage.key + ".settings", json.dumps(values))

    # -- leader-elected ------------------------------------------------------------------------

    def test_the_leader_and_its_followers_run_different_hooks(self):
        first = self.unit("a")
        elected = self.wait_for("leader-elected", "a")
        entry, _ = self.consul.get(self.stage.key)
        self.assertEqual(str(entry["ModifyIndex"]), elected.fence)
        self.unit("b")
        changed = self.wait_for("leader-settings-changed", "b")
        self.assertEqual((elected.fence, "a"), (changed.fence, changed.leader))
        self.settle()
        self.assertEqual(["leader-elected a", "leader-settings-changed b"],
                         [f"{e.hook} {e.unit}" for e in self.diary()])
        self.assertEqual(0, self.stage.stop(first))
        self.wait_for("leader-elected", "b")
        deposed = self.diary("end", "leader-deposed", "a")
        self.assertEqual([elected.fence], [e.fence for e in deposed])

    def test_leader_elected_has_the_guarantee(self):
        """The leader is deposed when the hook begins: the next one begins after the guarantee."""
        self.unit("a")
        first = self.wait_for("leader-elected", "a", event="begin")
        self.consul.destroy_session(self.consul.holder(self.stage.key))
        self.unit("b")
        wait_until(lambda: len(self.diary("begin", "leader-elected")) >= 2, 20,
                   what="another leader-elected")
        second = self.diary("begin", "leader-elected")[1]
        self.assertGreater(second.at - first.at, GUARANTEE)
        self.assertGreater(int(second.fence), int(first.fence))

    def test_leader_elected_is_gone_before_the_next_one_begins(self):
        """A hook that never ends and ignores SIGTERM is killed with the lease."""
        stubborn = "trap '' TERM\nwhile :; do note beat; sleep 0.05; done"
        for name in ("a", "b"):
            self.unit(name, body=stubborn, only=["leader-elected"])
        wait_until(lambda: self.diary("beat"), what="a first leader-elected")
        self.settle()
        self.consul.destroy_session(self.consul.holder(self.stage.key))
        wait_until(lambda: len({e.fence for e in self.diary("begin", "leader-elected")}) >= 2, 20,
                   what="another leader-elected")
        second = self.diary("begin", "leader-elected")[-1]
        beats = [e for e in self.diary("beat", "leader-elected") if e.fence != second.fence]
        self.assertLess(max(e.at for e in beats), second.at)

    def test_a_sidecar_that_is_killed_leaves_no_hook_behind(self):
        unit = self.unit("a", body="trap '' TERM\nwhile :; do note beat; sleep 0.05; done")
        self.wait_for("leader-elected", "a", event="beat")
        killed = boot_time()
        unit.kill()
        unit.wait()
        wait_until(lambda: not self.stage.zoo.marked(), self.stage.span + 1,
                   what="the end of all processes of the hook")
        self.assertLess(boot_time() - killed, self.stage.span)

    def test_a_failed_hook_is_retried_until_it_succeeds(self):
        tries = self.stage.path("tries")
        self.unit("a", body=f'echo x >> {tries}\n[ $(wc -l < {tries}) -ge 3 ] || exit 3')
        self.wait_for("leader-elected", "a")
        self.settle()
        self.assertEqual(3, len(self.diary("begin", "leader-elected")))
        begun = [e.at for e in self.diary("begin")]
        self.assertGreater(begun[2] - begun[1], begun[1] - begun[0])  # with growing pauses
        self.assertEqual(1, len(self.diary("end")))

    def test_a_hook_that_times_out_is_stopped_and_retried(self):
        tries = self.stage.path("tries")
        unit = self.unit("a", timeout="500ms",
                         body=f'echo x >> {tries}\n[ $(wc -l < {tries}) -ge 2 ] || sleep 60')
        self.wait_for("leader-elected", "a")
        begun = self.diary("begin")
        self.assertEqual(2, len(begun))
        self.assertGreater(begun[1].at - begun[0].at, 0.5)
        self.assertLess(begun[1].at - begun[0].at, 4 * SLACK)
        self.assertIn("timed_out=true", self.stage.zoo.errors(unit))

    def test_the_output_of_hooks_is_logged(self):
        unit = self.unit("a", body="echo hello from $TENURE_ELECTION; echo oops >&2")
        self.wait_for("leader-elected", "a")
        wait_until(lambda: "oops" in self.stage.zoo.errors(unit), what="the output")
        log = self.stage.zoo.errors(unit)
        self.assertRegex(log, rf"hello from {self.stage.name}.*hook=leader-elected")

    def test_hooks_use_the_tools(self):
        """is-leader and leader-set in leader-elected; leader-get returns the hook's snapshot."""
        results = self.stage.path("results")
        go_on = self.stage.path("go-on")
        body = f"""
case $TENURE_HOOK in
leader-elected)
  echo "{{0}} is-leader $(is-leader)" >> {results}
  leader-set colour=red number=1 || echo "leader-set failed" >> {results} ;;
leader-settings-changed)
  leader-set a=b 2>> {results}
  first=$(leader-get number)
  [ "$first" != 1 ] || while [ ! -e {go_on} ]; do sleep 0.05; done
  echo "{{0}} $(is-leader) $first $(leader-get number) $(leader-get colour)" >> {results} ;;
esac
"""
        self.unit("a", body=body.format("a"))
        self.wait_for("leader-elected", "a")
        self.unit("b", body=body.format("b"))
        self.wait_for("leader-settings-changed", "b", event="begin")
        time.sleep(0.5)
        self.set_settings(colour="blue", number="2")
        time.sleep(0.5)
        write_script(go_on, "")
        self.wait_for("leader-settings-changed", "b", count=2)
        refused = "ERROR cannot write leadership settings: cannot write settings: not the leader"
        self.assertEqual(["a is-leader True", refused, "b False 1 1 red",
                          refused, "b False 2 2 blue"], self.stage.zoo.lines("results"))

    # -- leader-settings-changed and leader-deposed --------------------------------------------

    def test_settings_changed_runs_at_the_followers_only(self):
        self.unit("a")
        self.wait_for("leader-elected", "a")
        self.unit("b")
        self.unit("c")
        for name in ("b", "c"):
            self.wait_for("leader-settings-changed", name)
        self.set_settings(colour="red")
        for name in ("b", "c"):
            ran = self.wait_for("leader-settings-changed", name, count=2)
            _, index = self.consul.get(self.stage.key + ".settings")
            self.assertEqual(str(index), ran.snapshot)
        self.settle()
        self.assertEqual([], self.diary("begin", "leader-settings-changed", "a"))

    def test_settings_that_change_while_the_hook_runs_cause_another_run(self):
        self.unit("a")
        self.wait_for("leader-elected", "a")
        self.set_settings(n="1")
        self.unit("b", body="sleep 1")
        self.wait_for("leader-settings-changed", "b", event="begin")
        time.sleep(0.3)
        for number in range(2, 5):
            self.set_settings(n=str(number))
        last = self.wait_for("leader-settings-changed", "b", count=2)
        _, index = self.consul.get(self.stage.key + ".settings")
        self.assertEqual(str(index), last.snapshot)
        time.sleep(1.5)
        self.assertEqual(2, len(self.diary("begin", "leader-settings-changed", "b")))

    def test_a_lost_term_runs_deposed_then_settings_changed(self):
        self.unit("a")
        first = self.wait_for("leader-elected", "a")
        self.unit("b")
        self.wait_for("leader-settings-changed", "b")
        self.consul.destroy_session(self.consul.holder(self.stage.key))
        deposed = self.wait_for("leader-deposed", "a")
        self.assertEqual(first.fence, deposed.fence)
        changed = self.wait_for("leader-settings-changed", "a")
        self.assertLessEqual(deposed.at, changed.at)

    def test_a_lost_guarantee_runs_settings_changed_within_the_term(self):
        """Consul stops answering: first the guarantee is lost, then the lease."""
        if cases.on_agent():
            server = cases.Agent(self.folder)
        else:
            os.mkdir(os.path.join(self.folder, "own"))
            server = cases.consul.Server(os.path.join(self.folder, "own"))
        self.addCleanup(server.close)
        self.environment["CONSUL_HTTP_ADDR"] = server.address
        self.server, shared = server, self.server
        try:
            self.unit("a")
            self.wait_for("leader-elected", "a")
        finally:
            type(self).server = shared
            self.server = shared
        cut = boot_time()
        server.close()
        changed = self.wait_for("leader-settings-changed", "a", event="begin", seconds=20)
        print(f"\nConsul gone: leader-settings-changed after {changed.at - cut:.1f} s")
        self.wait_for("leader-deposed", "a")

    def test_one_hook_at_a_time(self):
        self.unit("a", body="sleep 0.3")
        self.unit("b", body="sleep 0.3")
        for _ in range(3):
            self.settle()
            holder = self.consul.holder(self.stage.key)
            if holder:
                self.consul.destroy_session(holder)
            time.sleep(self.stage.span + 1)
        for unit in ("a", "b"):
            entries = self.diary(None, unit=unit)
            running = 0
            for entry in entries:
                running += 1 if entry.event == "begin" else -1
                if entry.event == "begin" and running > 1:  # leader-elected may have been killed
                    running = 1
                    self.assertEqual("leader-elected", entries[entries.index(entry) - 1].hook)
        self.assertGreater(len(self.diary("end", "leader-deposed")), 1)

    def test_the_last_hook(self):
        """SIGTERM: leader-deposed runs before the sidecar ends."""
        unit = self.unit("a", only=["leader-elected", "leader-deposed"])
        self.wait_for("leader-elected", "a")
        self.assertEqual(0, self.stage.stop(unit))
        self.assertEqual(["leader-elected", "leader-deposed"], [e.hook for e in self.diary()])
        self.assertEqual([], self.stage.zoo.marked())

    def test_a_guarantee_that_the_span_does_not_allow_is_refused(self):
        folder = self.stage.path("hooks")
        os.mkdir(folder)
        unit = self.stage.start("a", hooks={"dir": folder})  # Juju's 30 s
        self.assertEqual(64, unit.wait(10))
        self.assertIn("30s cannot be promised with a span of 3s", self.stage.zoo.errors(unit))
        self.assertIn("choose span: 4", self.stage.zoo.errors(unit))


if __name__ == "__main__":
    cases.main(needs_consul=True)
