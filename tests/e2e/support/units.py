"""Sidecars with a control socket, and the leadership tools that ask them."""

import json
import os

from . import cases
from .processes import BUILD, TENURE, wait_until

TOOLS = os.path.join(BUILD, "bin")


class JujuCase(cases.ServerCase):
    def unit(self, name, span="48s", guarantee=None, server=None, **election):
        """A sidecar with a control socket."""
        path = self.zoo.path(name + ".sock")
        config = {"control": {"socket": path},
                  "elections": [{"name": "app", "key": self.key, "value": name, "span": span,
                                 "ttl": "10s", "lock_delay": "0s", **election}]}
        if guarantee:
            config["elections"][0]["guarantee"] = guarantee
        if span is None:
            del config["elections"][0]["span"]
        file = self.zoo.path(name + ".yaml")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(config, out)
        env = {"CONSUL_HTTP_ADDR": server} if server else {}
        process = self.start(TENURE, "sidecar", file, env=env)
        wait_until(lambda: os.path.exists(path) or process.poll() is not None,
                   what=f"the socket of {name}")
        process.socket = path
        return process

    def tool(self, unit, name, *arguments, env=None, **more):
        socket_path = unit.socket if unit is not None else "/nonexistent/socket"
        return self.run_to_end(os.path.join(TOOLS, name), *arguments,
                               env={"TENURE_SOCKET": socket_path, **(env or {})}, **more)

    def leads(self, unit):
        code, output, errors = self.tool(unit, "is-leader")
        self.assertEqual((0, ""), (code, errors))
        self.assertIn(output, ("True\n", "False\n"))
        return output == "True\n"

    def elected(self, *units):
        """Waits for a leader among the units and returns it."""
        return wait_until(lambda: next((u for u in units if self.leads(u)), None), 30,
                          what="a leader")
