"""Instances of a service with a sidecar each."""

import copy

from . import cases
from .processes import wait_until
from .sidecars import Services, Sidecars


class ServiceCase(cases.ServerCase):
    def setUp(self):
        super().setUp()
        self.services = Services(self.consul)
        self.name = self.id().rpartition(".")[2].replace("_", "-")

    def stage(self, **more):
        return Sidecars(self, self.name, **more)

    def instances(self, *names, **more):
        """Registers a service for each, as Nomad names them."""
        for name in names:
            self.services.register(self.instance(name), self.name, **more)

    def instance(self, name):
        return f"_nomad-task-{self.name}-{name}-task"

    def output(self, name, **more):
        return {"consul_service": {"allocation": f"{self.name}-{name}", "name": self.name, **more}}

    def tags_of(self, name):
        return self.services.read(self.instance(name))["Tags"]

    def start_two(self, stage, **more):
        """Two instances with a sidecar each; the first one leads."""
        self.instances("a", "b")
        first = stage.start("a", **self.output("a", **more))
        self.services.wait_for_tag(self.name, [self.instance("a")])
        second = stage.start("b", **self.output("b", **more))
        wait_until(lambda: "session" in self.services.read(self.instance("b"))["Meta"],
                   what="the session of the second instance")
        return first, second

    def named(self, name):
        """This test with a stage and a service of another name."""
        other = copy.copy(self)
        other.name = name
        return other
