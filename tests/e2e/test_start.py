#!/usr/bin/env python3
"""The commands and files of docs/start.md, as they are printed there. Its C++ is a test of
tests/toolchain."""

import os
import re
import signal
import unittest

from support import cases
from support.elector import free_address
from support.processes import BUILD, SLACK, wait_until

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "start.md")


def blocks(kind):
    """The code blocks that `<!-- KIND: NAME -->` names."""
    with open(PAGE, encoding="utf-8") as file:
        found = re.findall(rf"<!-- {kind}: (\S+) -->\n```\w+\n(.*?)^```$", file.read(),
                           re.DOTALL | re.MULTILINE)
    return dict(found)


class StartTest(cases.ServerCase):
    def setUp(self):
        super().setUp()
        for name, content in blocks("file").items():
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(content)
            os.chmod(os.path.join(self.folder, name), 0o755)
        self.commands = blocks("run")

    def terminal(self, name, **env):
        """What a user sees who runs the block."""
        path = os.path.abspath(os.path.join(BUILD, "bin")) + ":" + os.environ["PATH"]
        return self.start("sh", "-c", f"cd '{self.folder}' && exec env {self.commands[name]}",
                          env={"PATH": path, **env})

    def wait_for(self, process, text):
        wait_until(lambda: any(text in line for line in self.zoo.output_lines(process)),
                   30 * SLACK, what=text)

    def test_the_command_runs_on_one_host_and_then_on_the_other(self):
        first = self.terminal("shell")
        self.wait_for(first, "leading service/start/leader")
        second = self.terminal("shell")
        first.send_signal(signal.SIGINT)
        self.wait_for(first, "stopping")
        self.wait_for(second, "leading service/start/leader")
        second.send_signal(signal.SIGINT)
        second.wait(30 * SLACK)

    def test_the_program_follows_the_sidecar(self):
        address = free_address()
        sidecar = self.terminal("sidecar", ELECTOR_HTTP=address)
        program = self.terminal("python", ELECTOR_GET_URL=f"http://{address}/")
        self.wait_for(program, "leader: writes the report")
        sidecar.send_signal(signal.SIGTERM)
        sidecar.wait(60)
        wait_until(lambda: "not leader" in self.zoo.output_lines(program)[-1], 10 * SLACK,
                   what="not leader")


if __name__ == "__main__":
    cases.main()
