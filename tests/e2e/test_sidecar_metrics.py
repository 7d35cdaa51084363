#!/usr/bin/env python3
"""What an operator reads of a sidecar: metrics that a linter accepts, log lines for a collector."""

import json
import os
import re
import subprocess
import time

from support import cases, golang
from support.elector import get, listening, start
from support.processes import TENURE, wait_until
from support.sidecars import Sidecars, write_script

ODD_OUTPUT = r"""printf 'quote " slash \\ bytes \377\001\033[31m end\n'"""


def metrics_of(process):
    """The values of the series of /metrics, by name and labels."""
    text = get(process.address, "/metrics")[2].decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


class MetricsTest(cases.ServerCase):
    def stage(self, **election):
        return Sidecars(self, self.id().rpartition(".")[2], **election)

    def start_sidecar(self, stage, value, top=None, **outputs):
        process = stage.start(value, top={"http": {"listen": "127.0.0.1:0"}, **(top or {})},
                              **outputs)
        process.address = wait_until(
            lambda: re.search(r'listening address=(\S+)|"listening","address":"([^"]+)"',
                              stage.zoo.errors(process)), what="the sidecar to listen")
        process.address = process.address[1] or process.address[2]
        return process

    def test_the_linter_of_promtool_has_nothing_to_say(self):
        linter = golang.build("promlint")
        stage = self.stage()
        process = self.start_sidecar(stage, "a", group={"prefix": "e2e/lint \"group\\"})
        wait_until(lambda: metrics_of(process)["elector_elections_won"] == 1, 30)
        text = get(process.address, "/metrics")[2]
        self.assertNotIn(b"\n\n", text)
        self.assertTrue(text.endswith(b"\n"))
        self.assertIn(rb'tenure_group_members{group="e2e/lint \"group\\"} 1', text)
        self.assertIn(rb'tenure_group_led{group="e2e/lint \"group\\"} 1', text)
        if linter:
            found = subprocess.run([linter], input=text, capture_output=True, check=False)
            self.assertEqual((0, b"", b""), (found.returncode, found.stdout, found.stderr))
            wrong = subprocess.run([linter], input=b"# TYPE a counter\na 1\n", capture_output=True,
                                   check=False)
            self.assertIn(b"a counter metrics should have", wrong.stdout)

    def test_the_process_and_the_build(self):
        begin = time.time()
        a = start(self, "host-a")
        values = metrics_of(a)
        self.assertAlmostEqual(begin, values["process_start_time_seconds"], delta=5)
        with open(f"/proc/{a.pid}/statm", encoding="ascii") as file:
            pages = [int(x) for x in file.read().split()[:2]]
        virtual, resident = (count * os.sysconf("SC_PAGESIZE") for count in pages)
        self.assertAlmostEqual(virtual, values["process_virtual_memory_bytes"], delta=64 << 20)
        self.assertAlmostEqual(resident, values["process_resident_memory_bytes"], delta=16 << 20)
        self.assertAlmostEqual(len(os.listdir(f"/proc/{a.pid}/fd")), values["process_open_fds"],
                               delta=4)
        self.assertGreater(values["process_max_fds"], values["process_open_fds"])
        self.assertGreater(values["process_cpu_seconds_total"], 0)
        build = [name for name in values if name.startswith("tenure_build_info{")]
        version = self.run_to_end(TENURE, "--version")[1].split()[1]
        self.assertEqual(1, len(build))
        self.assertIn(f'version="{version}"', build[0])

    def test_requests_to_consul_by_operation_and_outcome(self):
        a = start(self, "host-a")
        wait_until(lambda: metrics_of(a)["elector_elections_won"] == 1, 30)
        values = metrics_of(a)
        for operation in ("transaction", "session"):
            series = f'{{operation="{operation}"}}'
            count = values["tenure_request_seconds_count" + series]
            self.assertGreater(count, 0)
            self.assertLess(values["tenure_request_seconds_sum" + series] / count, 5)
        self.assertGreater(values['tenure_requests_total{outcome="ok"}'], 0)
        # A lost session is no lost campaign: the elector counts campaigns.
        entry, _ = self.consul.get(self.key)
        self.consul.destroy_session(entry["Session"])
        wait_until(lambda: metrics_of(a)["elector_elections_won"] == 2, 30)
        values = metrics_of(a)
        self.assertEqual(1, values["tenure_sessions_lost_total"])
        self.assertEqual(1, values['tenure_terms_ended_total{reason="session_lost"}'])

    def test_hooks_and_commands_are_counted(self):
        stage = self.stage(stop_budget="500ms", guarantee="1s")
        folder = stage.path("hooks")
        os.mkdir(folder)
        write_script(os.path.join(folder, "leader-elected"), "exit 3")
        process = self.start_sidecar(stage, "a", hooks={"dir": folder},
                                     command={"run": ["/bin/sh", "-c", "sleep 0.2; exit 7"],
                                              "restart": "100ms"})
        wanted = {'tenure_hook_failures_total{hook="leader-elected"}': 1,
                  "tenure_command_failures_total": 1, "tenure_command_restarts_total": 1}
        wait_until(lambda: all(metrics_of(process)[x] >= n for x, n in wanted.items()), 30,
                   what="the failures to be counted")
        values = metrics_of(process)
        self.assertGreaterEqual(values['tenure_hook_runs_total{hook="leader-elected"}'], 1)
        self.assertEqual(0, values['tenure_hook_runs_total{hook="leader-deposed"}'])
        self.assertGreater(values["tenure_command_starts_total"],
                           values["tenure_command_restarts_total"])

    def test_two_processes_under_one_name(self):
        first = start(self, "same")
        wait_until(lambda: metrics_of(first)["elector_elections_won"] == 1, 30)
        second = start(self, "same")
        conflict = 'tenure_name_conflicts{seen="leader"}'
        wait_until(lambda: metrics_of(second)[conflict] == 1, 20, what="the conflict to be seen")
        self.assertEqual(0, metrics_of(first)[conflict])
        entry, _ = self.consul.get(self.key)
        self.assertRegex(self.zoo.errors(second), "warn another process uses our name "
                         f"election={self.key} value=same other_session={entry['Session']} hint=")
        self.assertNotIn("uses our name", self.zoo.errors(first))
        first.terminate()
        self.assertEqual(0, first.wait(20))
        wait_until(lambda: metrics_of(second)[conflict] == 0, 20, what="the conflict to end")
        wait_until(lambda: "no other process uses our name" in self.zoo.errors(second), 30,
                   what="the line that it has ended")

    def test_json_lines(self):
        stage = self.stage(stop_budget="500ms", guarantee="1s")
        folder = stage.path("hooks")
        os.mkdir(folder)
        write_script(os.path.join(folder, "leader-elected"), ODD_OUTPUT)
        process = self.start_sidecar(
            stage, "a", top={"log": {"format": "json", "level": "info"}}, hooks={"dir": folder},
            command={"run": ["/bin/sh", "-c", "exec sleep 60"]})
        wait_until(lambda: "hook ended" in stage.zoo.errors(process), 30)
        entry, _ = self.consul.get(stage.key)
        stage.stop(process)
        lines = [json.loads(line) for line in stage.zoo.errors(process).splitlines()]
        for line in lines:
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertNotIn("", line.values(), line)
            self.assertNotIn("none", line.values(), line)
            if "fence" in line:
                self.assertEqual(entry["ModifyIndex"], line["fence"], line)
        of = {line["msg"]: line for line in lines}
        for event in ("term began", "hook started", "hook ended", "command starting",
                      "command ended", "term ended", "released"):
            self.assertIn("fence", of[event], of[event])
        ended = of["hook ended"]
        self.assertEqual((0, False, int), (ended["exit_code"], ended["timed_out"],
                                           type(ended["took_ms"])))
        self.assertEqual(1, of["elections entered"]["count"])
        self.assertEqual(1, len([m for m in of if m.startswith('quote " slash \\ bytes ')]), of)

    def test_ten_thousand_elections(self):
        """What a scrape costs: without the series of each election, which a limit leaves out."""
        file = os.path.join(self.folder, "many.yaml")
        with open(file, "w", encoding="utf-8") as out:
            json.dump({"elections": [{"name": f"e{i}", "key": f"{self.key}/{i}"}
                                     for i in range(10_000)],
                       "http": {"listen": "127.0.0.1:0"}, "defaults": {"value": "a"}}, out)
        process = self.start(TENURE, "sidecar", file)
        process.address = listening(self, process)[0]
        begin = time.monotonic()
        text = get(process.address, "/metrics")[2]
        print(f"10,000 elections: {len(text)} bytes in {time.monotonic() - begin:.3f} s")
        self.assertLess(len(text), 50_000)
        self.assertNotIn(b"tenure_election_leading{", text)


if __name__ == "__main__":
    cases.main(needs_consul=True)
