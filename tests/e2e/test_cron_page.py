#!/usr/bin/env python3
"""The HTTP server of tenure-cron: the status page in a browser, its token, and the metrics."""

import json
import re
import subprocess
import urllib.error
import urllib.request

from support import golang
from support.page_case import PageCase, main
from support.processes import SLACK, TENURE_CRON, wait_until

STATES = ("Object.fromEntries([...document.querySelectorAll('#rows tr')].map((r) => "
          "[r.querySelector('.name').innerText, r.querySelector('.tag').innerText]))")
MANY = 2000


class CronPageTest(PageCase):
    def cron(self, name, jobs, *options):
        path = self.zoo.path(f"{name}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"election: {self.key}/{name}\njobs:\n" + "".join(
                "  - " + json.dumps(job) + "\n" for job in jobs))
        process = self.start(TENURE_CRON, "--http", "127.0.0.1:0", "--value", name, *options, path,
                             cwd=self.folder)
        found = wait_until(lambda: re.search(r"listening address=(\S+)",
                                             self.zoo.errors(process)), what="its address")
        process.url = f"http://{found[1]}/"
        return process

    def get(self, process, path, token=None, method="GET"):
        request = urllib.request.Request(
            process.url + path, method=method,
            headers={"Authorization": "Bearer " + token} if token else {})
        try:
            with urllib.request.urlopen(request, timeout=10 * SLACK) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def test_an_address_in_use(self):
        job = {"name": "a", "schedule": "@yearly", "command": "true"}
        address = self.cron("first", [job]).url[len("http://"):-1]
        second = self.start(TENURE_CRON, "--http", address, self.zoo.path("first.yaml"))
        self.assertEqual(69, second.wait(10 * SLACK))
        self.assertEqual(f"tenure-cron: --http: cannot listen on {address}: Address already in "
                         "use\n", self.zoo.errors(second))

    def test_page_and_metrics(self):
        self.all_at_once(self.use_the_page, self.show_many_jobs, self.read_the_metrics)

    def use_the_page(self):
        process = self.cron("used", [
            {"name": "tick", "schedule": "@every 1s", "command": "true"},
            {"name": "bad", "schedule": "@yearly", "command": "echo '<b>broken</b>'; exit 7"}],
            "--http-token", "open sesame")
        page = self.page(process.url, width=320)
        page.wait("document.querySelectorAll('.strip .o').length >= 2", 30)
        self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 320)
        self.assertEqual("none", page.run(
            "getComputedStyle(document.querySelector('td.actions')).display"))
        page.run("at('token').value = 'open sesame'; "
                 "at('token').dispatchEvent(new Event('change'))")
        page.wait("document.body.classList.contains('operate')")
        press = "document.querySelector('[aria-label=\"{} {}\"]').click()".format
        page.run(press("Pause", "tick"))
        page.wait(f"{STATES}.tick === 'paused'")
        page.run(press("Resume", "tick"))
        page.wait(f"{STATES}.tick !== 'paused'")
        page.run(press("Run", "bad"))
        page.wait("[...document.querySelectorAll('td .failed')].length === 1", 30)
        page.run("[...document.querySelectorAll('.name')].find((x) => "
                 "x.innerText === 'bad').click()")
        page.wait("document.querySelector('aside li.failed pre')")
        self.assertEqual("<b>broken</b>", page.text("aside li.failed pre"))
        self.check_found(page)

        job = "?tenant=&job=tick"
        self.assertEqual(401, self.get(process, "api/pause" + job, method="POST")[0])
        self.assertEqual(401, self.get(process, "api/pause" + job, "open", "POST")[0])
        self.assertEqual(404, self.get(process, "api/pause?job=x", "open sesame", "POST")[0])
        self.assertEqual(405, self.get(process, "api/pause" + job, "open sesame", "PUT")[0])
        self.assertEqual(404, self.get(process, "nosuch")[0])

    def show_many_jobs(self):
        """Also those that no leader has seen yet. Without a token the page only shows."""
        process = self.cron("many", [
            {"name": f"j{i}", "schedule": "@yearly", "command": "true"} for i in range(MANY)])
        page = self.page(process.url)
        page.wait(f"document.querySelectorAll('#rows tr').length === {MANY}", 10)
        page.run("at('filter').value = 'j1999'; at('filter').dispatchEvent(new Event('input'))")
        self.assertEqual(["j1999"], page.run(
            "[...document.querySelectorAll('#rows tr:not([hidden]) .name')].map((x) => "
            "x.innerText)"))
        self.assertTrue(page.run("at('token-label').hidden"))
        self.assertEqual(403, self.get(process, "api/run?tenant=&job=j1", "x", "POST")[0])
        process.kill()
        page.wait("document.body.classList.contains('old')")

    def read_the_metrics(self):
        process = self.cron("counted", [
            {"name": "good", "schedule": "@every 1s", "command": "true"},
            {"name": "bad", "schedule": "@every 1s", "command": "false"}])
        self.assertEqual((200, "ok\n"), self.get(process, "healthz"))

        def values():
            text = self.get(process, "metrics")[1]
            return dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")

        wait_until(lambda: int(values()['tenure_cron_runs_total{result="failed"}']) >= 2,
                   30 * SLACK, pause=0.2, what="two failed runs")
        found = values()
        self.assertGreaterEqual(int(found['tenure_cron_runs_total{result="ok"}']), 1)
        self.assertEqual("1", found['tenure_cron_job_failing{job="bad"}'])
        self.assertEqual(("2", "1", "1"), (found["tenure_cron_jobs"], found["tenure_cron_lanes"],
                                           found["tenure_cron_lanes_led"]))
        for name in ("tenure_cron_start_lateness_seconds", "tenure_cron_run_duration_seconds"):
            self.assertEqual(found[name + "_count"], found[name + '_bucket{le="+Inf"}'])
            self.assertGreaterEqual(int(found[name + "_count"]), 2)
        self.assertGreater(int(found['tenure_cron_ledger_writes_total{outcome="done"}']), 1)
        self.assertIn("process_cpu_seconds_total", found)
        linter = golang.build("promlint")
        if linter:
            text = self.get(process, "metrics")[1].encode()
            checked = subprocess.run([linter], input=text, capture_output=True, check=False)
            self.assertEqual((0, b"", b""), (checked.returncode, checked.stdout, checked.stderr))


if __name__ == "__main__":
    main()
