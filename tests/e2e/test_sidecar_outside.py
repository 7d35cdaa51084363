#!/usr/bin/env python3
"""What the sidecar keeps outside itself stays as it should be, and a service decides who may lead.

Most cases wait, so they run beside each other.
"""

import os
import shutil
import time

from support import cases
from support.processes import SLACK, TENURE, boot_time, wait_until
from support.services import ServiceCase
from support.sidecars import TagWatch


class OutsideTest(ServiceCase):
    def test_all(self):
        self.all_at_once(self.named("order").nomad_stops_a_task,
                         self.named("delay").nomad_with_a_shutdown_delay,
                         self.named("ttl").consul_leader_stops_a_task,
                         self.named("late").a_service_that_appears_late,
                         self.named("none").an_unknown_allocation,
                         self.named("sick").a_critical_service,
                         self.named("file").the_leader_file,
                         self.named("socket").the_control_socket,
                         self.named("fight").a_scheduler_that_restores_the_service)

    # -- Nomad's order: deregister the service, then signal the task ---------------------------

    def nomad_stops_a_task(self):
        stage = self.stage(span=15.0, ttl=15.0)
        first, second = self.start_two(stage)
        self.stop_as_nomad(stage, first, 1.0)
        self.assertEqual(0, stage.stop(second))
        self.no_label_anywhere()

    def nomad_with_a_shutdown_delay(self):
        """The pause between the two is longer than a leader waits for its service."""
        stage = self.stage(span=15.0, ttl=15.0)
        first, _ = self.start_two(stage)
        deregistered = boot_time()
        self.services.deregister(self.instance("a"))
        took = self.services.wait_for_tag(self.name, [self.instance("b")]) - deregistered
        self.assertGreater(took, 4.5)
        self.assertLess(took, 5.0 + 2.0 * SLACK)
        self.assertEqual(0, stage.stop(first, 2.0 * SLACK))
        self.assertIn("the service is deregistered", stage.zoo.errors(first))

    def consul_leader_stops_a_task(self):
        """With consul-leader's variables."""
        stage = self.stage()
        self.instances("a", "b")
        sidecars = []
        for name in ("a", "b"):
            sidecars.append(stage.zoo.start(TENURE, "sidecar", cwd=stage.zoo.folder, env={
                "CONSUL_HTTP_ADDR": "http://" + self.server.address,
                "CONSUL_LEADER_SERVICE_NAME": self.name, "NOMAD_ALLOC_DIR": stage.zoo.folder,
                "NOMAD_ALLOC_ID": f"{self.name}-{name}"}))
            wait_until(lambda n=name: self.services.read(self.instance(n))["Meta"].get("session"),
                       what="the session")
            self.services.wait_for_tag(self.name, [self.instance("a")])
        self.stop_as_nomad(stage, sidecars[0], 1.0)
        self.assertEqual([], [f for f in os.listdir(stage.zoo.folder) if f.endswith("-a")])

    def stop_as_nomad(self, stage, first, seconds):
        watch = TagWatch(self.services, self.name)
        stopped = boot_time()
        self.services.deregister(self.instance("a"))
        first.terminate()
        took = self.services.wait_for_tag(self.name, [self.instance("b")]) - stopped
        self.assertEqual(0, first.wait(5), stage.zoo.errors(first))
        print(f"\n{self.name}: deregistered and SIGTERM, the next primary after {took:.3f} s")
        self.assertLess(took, seconds * SLACK)
        seen = watch.close()
        self.assertTrue(all(len(ids) <= 1 for ids in seen), seen)
        self.assertNotIn(self.instance("a"), self.services.all())

    def no_label_anywhere(self):
        self.assertEqual([], self.services.tagged(self.name))
        catalog = self.consul.json("GET", f"/v1/catalog/service/{self.name}")
        self.assertEqual([], [s["ServiceID"] for s in catalog if "primary" in s["ServiceTags"]])

    # -- the service comes first ---------------------------------------------------------------

    def a_service_that_appears_late(self):
        stage = self.stage()
        sidecar = stage.start("a", **self.output("a"))
        wait_until(lambda: "service not found" in stage.zoo.errors(sidecar), what="its line")
        self.never_locked(stage, 3.0)
        self.instances("a")
        begin = boot_time()
        self.services.wait_for_tag(self.name, [self.instance("a")], seconds=10)
        self.assertLess(boot_time() - begin, 1.0 + 2.0 * SLACK)

    def an_unknown_allocation(self):
        stage = self.stage()
        begin = boot_time()
        sidecar = stage.start("a", **self.output("a"))
        self.never_locked(stage, 8.0)
        self.assertEqual(1, sidecar.wait(20))
        self.assertGreater(boot_time() - begin, 9.9)
        errors = stage.zoo.errors(sidecar)
        self.assertEqual(3, errors.count("service not found"), errors)
        self.assertIn(f"no service for allocation {self.name}-a", errors.splitlines()[-1])
        self.assertIsNone(stage.leader())

    def never_locked(self, stage, seconds):
        end = boot_time() + seconds
        while boot_time() < end:
            self.assertIsNone(stage.leader())
            time.sleep(0.05)

    # -- health --------------------------------------------------------------------------------

    def a_critical_service(self):
        stage = self.stage()
        for name in ("a", "b"):
            self.services.register(
                self.instance(name), self.name,
                Check={"CheckID": self.check(name), "Name": "disk", "TTL": "300s",
                       "Status": "critical"})
        first = stage.start("a", **self.output("a"))
        wait_until(lambda: "reason=\"the service is critical: disk\"" in stage.zoo.errors(first),
                   what="the line of a critical service")
        self.assertIsNone(stage.leader())
        self.set_check("a", "warn")
        self.services.wait_for_tag(self.name, [self.instance("a")], seconds=10)
        second = stage.start("b", **self.output("b", health=False))
        wait_until(lambda: self.services.read(self.instance("b"))["Meta"].get("session"),
                   what="the session of the second instance")
        self.set_check("a", "fail")
        lost = boot_time()
        took = self.services.wait_for_tag(self.name, [self.instance("b")], seconds=10) - lost
        print(f"\na critical check: the next primary after {took:.2f} s")
        self.assertLess(took, 1.0 + 2.0 * SLACK)
        self.set_check("a", "pass")  # it does not displace its successor
        time.sleep(1.5)
        self.assertEqual("b", stage.leader())
        self.assertEqual(0, stage.stop(second))
        self.services.wait_for_tag(self.name, [self.instance("a")], seconds=10)
        self.maintenance("true")
        self.services.wait_for_tag(self.name, [], seconds=10)
        self.maintenance("false")
        self.services.wait_for_tag(self.name, [self.instance("a")], seconds=10)

    def check(self, name):
        return f"check-{self.instance(name)}"

    def set_check(self, name, state):
        self.consul.request("PUT", f"/v1/agent/check/{state}/{self.check(name)}")

    def maintenance(self, enable):
        self.consul.request(
            "PUT", f"/v1/agent/service/maintenance/{self.instance('a')}?enable={enable}")

    # -- files ---------------------------------------------------------------------------------

    def the_leader_file(self):
        stage = self.stage()
        self.instances("a")
        folder = stage.path("alloc")
        file = os.path.join(folder, "leads")
        sidecar = stage.start("a", **self.output("a", file=file))
        self.services.wait_for_tag(self.name, [self.instance("a")])
        wait_until(lambda: "leader file update failed" in stage.zoo.errors(sidecar), what="a line")
        os.mkdir(folder)
        self.comes(file)
        os.remove(file)
        self.comes(file)
        with open(file, "w", encoding="utf-8") as out:
            out.write("another program's")
        wait_until(lambda: os.path.exists(file) and os.path.getsize(file) == 0, 5, what="no text")
        shutil.rmtree(folder)
        time.sleep(0.5)
        os.mkdir(folder)
        self.comes(file)
        self.assertIn("repairing leader file", stage.zoo.errors(sidecar))
        self.assertEqual(0, stage.stop(sidecar))
        self.assertFalse(os.path.exists(file))

    def comes(self, path):
        wait_until(lambda: os.path.exists(path), 5, what=path)

    def the_control_socket(self):
        stage = self.stage(span=4.0, guarantee="1s")
        socket = stage.path("control/socket")
        page = stage.path("http.socket")
        stage.start("a", top={"control": {"socket": socket}, "http": {"listen": "unix://" + page}})
        stage.wait_for_leader("a")
        self.comes(socket)
        os.remove(page)
        self.comes(page)
        shutil.rmtree(os.path.dirname(socket))
        self.comes(socket)
        tool = stage.zoo.run(TENURE, "is-leader", "--guarantee", "1s", "--socket", socket)
        self.assertEqual((0, "True\n", ""), tool)
        self.assertEqual(0o600, os.stat(socket).st_mode & 0o777)

    # -- a fight -------------------------------------------------------------------------------

    def a_scheduler_that_restores_the_service(self):
        stage = self.stage()
        self.instances("a")
        sidecar = stage.start("a", **self.output("a"))
        self.services.wait_for_tag(self.name, [self.instance("a")])
        end = boot_time() + 6.0
        while boot_time() < end:
            if "session" in self.services.read(self.instance("a"))["Meta"]:
                self.instances("a", EnableTagOverride=True, Tags=["primary"])
            time.sleep(0.02)
        errors = stage.zoo.errors(sidecar)
        self.assertLessEqual(errors.count("repairing marks"), 3, errors)
        self.assertIn("set meta: none", errors)


if __name__ == "__main__":
    cases.main(needs_consul=True)
