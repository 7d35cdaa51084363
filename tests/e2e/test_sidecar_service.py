#!/usr/bin/env python3
"""The output to a Consul service: a replacement of the consul-leader sidecar."""

import os
import signal
import time

from support import cases
from support.processes import SLACK, TENURE, boot_time, wait_until
from support.services import ServiceCase
from support.sidecars import TagWatch

# All fields that a service may have besides its marks.
RICH = {
    "Tags": ["v1", "replica"], "Address": "10.1.2.3", "Port": 8080,
    "TaggedAddresses": {"lan": {"address": "10.0.0.1", "port": 80},
                        "wan": {"address": "1.2.3.4", "port": 81}},
    "Meta": {"external-source": "nomad", "text": "\u00e9\"\\<&>"},
    "Weights": {"Passing": 7, "Warning": 2}, "EnableTagOverride": False,
    "Checks": [{"CheckID": "c1", "Name": "first", "TTL": "300s", "Status": "passing"},
               {"CheckID": "c2", "Name": "second", "TTL": "300s", "Status": "warning"}],
}


class ServiceTest(ServiceCase):
    # -- marks ---------------------------------------------------------------------------------

    def test_marks_and_nothing_else(self):
        stage = self.stage()
        self.instances("a", **RICH)
        before = self.services.read(self.instance("a"))
        checks = self.checks()
        file = stage.path("leads")
        sidecar = stage.start("a", **self.output("a", replica_label="replica", file=file))
        self.services.wait_for_tag(self.name, [self.instance("a")])
        wait_until(lambda: os.path.exists(file), what="the file")

        marked = self.services.read(self.instance("a"))
        self.assertEqual(["v1", "primary"], marked["Tags"])
        self.assertEqual(self.consul.holder(stage.key), marked["Meta"].pop("session"))
        self.assertEqual(before["Meta"], marked["Meta"])
        self.assertEqual({**before, "Tags": None}, {**marked, "Tags": None})
        self.assertEqual(checks, self.checks())

        self.assertEqual(0, stage.stop(sidecar), self.zoo_errors(stage, sidecar))
        self.assertEqual({**before, "Tags": ["v1", "replica"]},
                         self.services.read(self.instance("a")))
        self.assertEqual(checks, self.checks())
        self.assertFalse(os.path.exists(file))
        entry, _ = self.consul.get(stage.key)
        self.assertEqual(("", None), (entry["Value"], entry.get("Session")))

    def checks(self):
        """Their states, without tags: an agent copies those of the service when it registers a
        check."""
        all_checks = self.consul.json("GET", "/v1/agent/checks")
        return sorted((c["CheckID"], c["Name"], c["Status"]) for c in all_checks.values()
                      if c["ServiceName"] == self.name)

    def zoo_errors(self, stage, process):
        return stage.zoo.errors(process)

    def test_replicas_have_their_label_and_session(self):
        stage = self.stage()
        first, second = self.start_two(stage, replica_label="replica")
        self.services.wait_for_tag(self.name, [self.instance("b")], tag="replica")
        self.assertEqual(["primary"], self.tags_of("a"))
        self.assertEqual(["replica"], self.tags_of("b"))
        session = self.services.read(self.instance("b"))["Meta"]["session"]
        self.assertNotEqual(self.consul.holder(stage.key), session)
        self.consul.json("GET", "/v1/session/info/" + session)

        watch = TagWatch(self.services, self.name)
        stopped = boot_time()
        self.assertEqual(0, stage.stop(first))
        took = self.services.wait_for_tag(self.name, [self.instance("b")]) - stopped
        self.assertEqual(["replica"], self.tags_of("a"))
        self.assertEqual(session, self.consul.holder(stage.key))
        self.assertEqual(0, stage.stop(second))
        seen = self.short(watch.close())
        self.assertTrue(all(len(ids) <= 1 for ids in seen), seen)
        self.assertEqual([["a"], ["b"]], [ids for ids in seen if ids])
        print(f"\nSIGTERM to the next primary label: {took:.3f} s")
        self.assertLess(took, 1.5 * SLACK)

    def short(self, seen):
        """a for _nomad-task-...-a-task"""
        return [[i.split("-")[-2] for i in ids] for ids in seen]

    def test_removed_marks_come_back(self):
        stage = self.stage()
        self.instances("a", **RICH)
        stage.start("a", **self.output("a"))
        self.services.wait_for_tag(self.name, [self.instance("a")])
        for number in range(2):
            self.instances("a", **{**RICH, "Port": 9000 + number})
            begin = boot_time()
            self.services.wait_for_tag(self.name, [self.instance("a")])
            print(f"\nrepaired after {boot_time() - begin:.3f} s")
            self.assertLess(boot_time() - begin, 2.0 * SLACK)
            now = self.services.read(self.instance("a"))
            self.assertEqual(9000 + number, now["Port"])
            self.assertIn("session", now["Meta"])

    def test_a_service_that_goes_and_comes_back(self):
        stage = self.stage()
        self.instances("a")
        stage.start("a", **self.output("a"))
        self.services.wait_for_tag(self.name, [self.instance("a")])
        self.services.deregister(self.instance("a"))
        time.sleep(1)
        self.assertEqual("a", stage.leader())
        other = self.instance("a") + "-again"
        self.services.register(other, self.name)
        self.services.wait_for_tag(self.name, [other], seconds=10)

    # -- as consul-leader is started -----------------------------------------------------------

    def consul_leader(self, stage, allocation, **more):
        environment = {"CONSUL_HTTP_ADDR": "http://" + self.server.address,
                       "CONSUL_LEADER_SERVICE_NAME": self.name, "CONSUL_LEADER_TTL": "10s",
                       "CONSUL_LEADER_SLEEP": "2", "NOMAD_ALLOC_ID": allocation,
                       "NOMAD_ALLOC_DIR": stage.zoo.folder, **more}
        return stage.zoo.start(TENURE, "sidecar", env=environment, cwd=stage.zoo.folder)

    def test_environment_of_consul_leader(self):
        stage = self.stage()
        allocation = self.name + "-a"
        self.instances("a", Tags=["v1"])
        sidecar = self.consul_leader(stage, allocation, CONSUL_LEADER_PRIMARY_LABEL="master",
                                     CONSUL_LEADER_REPLICA_LABEL="slave")
        self.services.wait_for_tag(self.name, [self.instance("a")], tag="master")
        self.assertEqual(["v1", "master"], self.tags_of("a"))
        session = self.consul.holder(f"consul-leader/{self.name}/lock")
        self.assertEqual(session, self.services.read(self.instance("a"))["Meta"]["session"])
        info = self.consul.json("GET", "/v1/session/info/" + session)[0]
        self.assertEqual(("10s", 0), (info["TTL"], info["LockDelay"]))
        wait_until(lambda: os.path.exists(stage.path(allocation)), what="the allocation's file")
        self.assertEqual(0, stage.stop(sidecar))
        self.assertEqual(["v1", "slave"], self.tags_of("a"))
        self.assertFalse(os.path.exists(stage.path(allocation)))

    def test_environment_that_cannot_work(self):
        stage = self.stage()
        for name, value in (("CONSUL_LEADER_SLEEP", "10"), ("CONSUL_LEADER_TTL", "9s"),
                            ("CONSUL_LEADER_LOCKDELAY", "2m")):
            sidecar = self.consul_leader(stage, "x", **{name: value})
            self.assertEqual(64, sidecar.wait(10))
            self.assertIn(name, stage.zoo.errors(sidecar))
            self.assertEqual(1, len(stage.zoo.errors(sidecar).splitlines()))

    def test_explicit_service_outside_nomad(self):
        stage = self.stage()
        self.services.register("plain", self.name)
        sidecar = stage.start("a", consul_service={"id": "plain"})
        self.services.wait_for_tag(self.name, ["plain"])
        self.assertEqual(0, stage.stop(sidecar))
        self.assertEqual([], self.services.read("plain")["Tags"])

    # -- failures ------------------------------------------------------------------------------
    # Each ends with exactly one primary label, and there are never two.

    def test_ends_of_sessions(self):
        """Each waits for the end of a session's TTL, so they run at the same time."""
        self.all_at_once(self.named("killed").task_killed,
                         self.named("alone").sidecar_killed_beside_its_service,
                         self.named("stopped").stopped_sidecar)

    def within(self, stage, lost_by=0.0):
        """The longest time without a leader: until the key is lost, then span and lock-delay at the
        same time."""
        return lost_by + stage.span + 1.5 * SLACK

    def task_killed(self):
        """SIGKILL; Nomad deregisters the service of the dead task, and starts it again."""
        stage = self.stage()
        first, _ = self.start_two(stage)
        watch = TagWatch(self.services, self.name)
        killed = boot_time()
        first.kill()
        self.services.deregister(self.instance("a"))
        took = self.services.wait_for_tag(self.name, [self.instance("b")]) - killed
        self.instances("a")
        stage.start("a", **self.output("a"))
        wait_until(lambda: "session" in self.services.read(self.instance("a"))["Meta"],
                   what="the session of the restarted instance")
        time.sleep(1)
        self.assertEqual([["a"], [], ["b"]], self.short(watch.close()))
        print(f"\ntask killed: the next primary label after {took:.1f} s")
        self.assertLess(took, self.within(stage, 2 * stage.ttl))

    def test_task_killed_with_liveness(self):
        stage = self.stage()
        self.instances("a", "b")
        outputs = [self.output("a"), self.output("b")]
        first = stage.start("a", top={"liveness": "1s"}, **outputs[0])
        self.services.wait_for_tag(self.name, [self.instance("a")])
        stage.start("b", top={"liveness": "1s"}, **outputs[1])
        wait_until(lambda: "session" in self.services.read(self.instance("b"))["Meta"],
                   what="the session of the second instance")
        killed = boot_time()
        first.kill()
        self.services.deregister(self.instance("a"))
        took = self.services.wait_for_tag(self.name, [self.instance("b")]) - killed
        print(f"\ntask killed, liveness 1 s: the next primary label after {took:.2f} s")
        self.assertLess(took, self.within(stage, 1.0))

    def test_liveness_out_of_range(self):
        stage = self.stage()
        sidecar = stage.start("a", top={"liveness": "100ms"})
        self.assertEqual(64, sidecar.wait(10))
        self.assertIn("liveness: 100ms is out of range: choose 500ms to 10m",
                      stage.zoo.errors(sidecar))

    def sidecar_killed_beside_its_service(self):
        """SIGKILL, and its service stays: the label is stale until the sidecar restarts."""
        stage = self.stage()
        first, _ = self.start_two(stage)
        first.kill()
        self.assertEqual(["primary"], self.tags_of("a"))
        stage.start("a", **self.output("a"))
        wait_until(lambda: "primary" not in self.tags_of("a"), 10, what="the end of the old label")
        wait_until(lambda: self.services.tagged(self.name),
                   seconds=self.within(stage, 2 * stage.ttl), pause=0.02,
                   what="a new primary label")
        time.sleep(0.5)
        held = self.consul.holder(stage.key)
        self.assertEqual([s["ID"] for s in self.services.all().values()
                          if s["Meta"].get("session") == held], self.services.tagged(self.name))

    def test_key_deleted(self):
        stage = self.stage()
        self.start_two(stage)
        watch = TagWatch(self.services, self.name)
        session = self.consul.holder(stage.key)
        lost = boot_time()
        self.consul.delete(stage.key)
        self.consul.wait_for(stage.key, lambda e: e and e.get("Session"))
        wait_until(lambda: watch.seen[-1] != ["a"] and len(watch.seen) >= 3, 20,
                   what="a new primary label")
        took = boot_time() - lost
        seen = self.check_one_primary(stage, watch)
        print(f"\nkey deleted: the next primary label after {took:.1f} s: {seen}, held by "
              f"{'another' if self.consul.holder(stage.key) != session else 'the same'} session")
        self.assertLess(took, self.within(stage))

    def test_session_invalidated(self):
        stage = self.stage()
        self.start_two(stage)
        watch = TagWatch(self.services, self.name)
        lost = boot_time()
        self.consul.destroy_session(self.consul.holder(stage.key))
        wait_until(lambda: len(watch.seen) >= 3, 20, what="a new primary label")
        took = boot_time() - lost
        seen = self.check_one_primary(stage, watch)
        print(f"\nsession destroyed: the next primary label after {took:.1f} s: {seen}")
        self.assertLess(took, self.within(stage))

    def check_one_primary(self, stage, watch):
        """One label, at the service whose session holds the key; there were never two."""
        time.sleep(0.5)
        seen = self.short(watch.close())
        self.assertTrue(all(len(ids) <= 1 for ids in seen), seen)
        self.assertEqual([], seen[1])
        self.assertEqual(1, len(seen[-1]))
        session = self.services.read(self.instance(seen[-1][0]))["Meta"]["session"]
        self.assertEqual(self.consul.holder(stage.key), session)
        return seen

    def stopped_sidecar(self):
        """SIGSTOP past the lease: its label is stale, and removed as soon as it continues."""
        stage = self.stage()
        first, _ = self.start_two(stage)
        first.send_signal(signal.SIGSTOP)
        wait_until(lambda: "primary" in self.tags_of("b"), self.within(stage, 2 * stage.ttl),
                   pause=0.02, what="another primary")
        first.send_signal(signal.SIGCONT)
        woken = boot_time()
        self.services.wait_for_tag(self.name, [self.instance("b")], seconds=10)
        self.assertLess(boot_time() - woken, 1.5 * SLACK)


if __name__ == "__main__":
    cases.main(needs_consul=True)
