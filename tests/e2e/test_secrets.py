#!/usr/bin/env python3
"""No secret reaches a log, a page, a metric, an error text, the list of processes or a command that
did not ask for it: the programs run at level trace, with errors provoked, and all that they show is
searched."""

import glob
import json
import os
import re
import urllib.error
import urllib.request

from support import cases
from support.processes import TENURE, TENURE_CRON, wait_until

SECRETS = {name: f"s3cret-{name}-4711" for name in (
    "consul", "wrong", "bearer", "agent", "basic", "url", "setting", "yaml", "syntax", "key",
    "command", "option")}
SECRETS["agent"] = SECRETS["consul"]  # the embedded agent asks for Consul's token


def leaks(texts):
    """The secrets in {where: bytes}, as "where: which"."""
    return [f"{where}: {name}" for where, text in texts.items()
            for name, secret in SECRETS.items() if secret.encode() in text]


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


class SecretsTest(cases.Case):
    def setUp(self):
        super().setUp()
        self.searched = {}

    def write(self, name, text):
        path = self.zoo.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def script(self, name):
        """A command that writes down its environment, and stays."""
        path = self.write(name, f"#!/bin/sh\nenv > {self.zoo.path(name)}.env.part\n"
                          f"mv {self.zoo.path(name)}.env.part {self.zoo.path(name)}.env\n"
                          "exec sleep 100\n")
        os.chmod(path, 0o755)
        return path

    def environment_of(self, name):
        path = self.zoo.path(name) + ".env"
        wait_until(lambda: os.path.exists(path), 30, what=f"the environment of {name}")
        return read(path)

    def fetch(self, url, token=None):
        request = urllib.request.Request(url, headers=(
            {"Authorization": "Bearer " + token} if token else {}))
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            return error.read()

    def address(self, process):
        return wait_until(lambda: re.search(r"listening address=(\S+)", self.zoo.errors(process)),
                          30, what="its address")[1]

    def test_the_search_finds_a_leak(self):
        self.assertEqual(["log: consul", "log: agent"],
                         leaks({"log": b"x " + SECRETS["consul"].encode() + b" y", "page": b""}))

    def test_no_secret_leaks(self):
        agent = self.start(TENURE, "agent", "--listen", "127.0.0.1:0", "--state", "none",
                           "--start-lock-delay", "0", "--log-level", "trace",
                           env={"TENURE_AGENT_TOKEN": SECRETS["agent"]})
        self.consul = wait_until(lambda: re.search(r"listening on (\S+)\n",
                                                   self.zoo.output(agent)), what="the agent")[1]
        self.env = {"CONSUL_HTTP_ADDR": self.consul, "CONSUL_HTTP_TOKEN": SECRETS["consul"],
                    "CONSUL_HTTP_AUTH": "user:" + SECRETS["basic"], "TENURE_LOG_LEVEL": "trace",
                    "TENURE_HTTP_TOKEN": SECRETS["bearer"]}
        self.all_at_once(self.run_a_command, self.run_a_sidecar, self.run_cron,
                         self.provoke_errors)
        self.search_processes()
        for path in glob.glob(os.path.join(self.folder, "*.out")) + glob.glob(
                os.path.join(self.folder, "*.err")):
            self.searched[os.path.basename(path)] = read(path)
        self.assertEqual([], leaks(self.searched))
        self.assertGreater(len(self.searched), 25)

    def run_a_command(self):
        env = {**self.env, "CONSUL_HTTP_TOKEN": SECRETS["wrong"]}
        # The option wins over the variable.
        self.start(TENURE, "run", "--token", SECRETS["consul"], "--log-level", "trace", "key/run",
                   "--", self.script("run"), env=env)
        self.searched["environment of run"] = self.environment_of("run")
        self.start(TENURE, "run", "--pass-env", "CONSUL_HTTP_TOKEN", "--log-level", "trace",
                   "key/named", "--", self.script("named"), env=self.env)
        named = self.environment_of("named").decode()
        self.assertIn("CONSUL_HTTP_TOKEN=" + SECRETS["consul"], named)
        self.assertNotIn("CONSUL_HTTP_AUTH", named)
        # As `consul lock`: the child gets what its scripts may use.
        self.start(TENURE, "lock", "-shell=false", "key/lock", self.script("lock"), env=self.env)
        lock = self.environment_of("lock").decode()
        self.assertIn("CONSUL_HTTP_TOKEN=" + SECRETS["consul"], lock)
        self.assertNotIn("TENURE_HTTP_TOKEN", lock)

    def run_a_sidecar(self):
        hooks = self.zoo.path("hooks")
        os.mkdir(hooks)
        self.script("hooks/leader-elected")
        file = self.write("sidecar.yaml", json.dumps({
            "elections": [
                {"name": "a", "key": "key/a", "command": {"run": [self.script("command")]}},
                {"name": "b", "key": "key/b", "span": "30s", "guarantee": "10s",
                 "hooks": {"dir": hooks, "guarantee": "10s"}}],
            "http": {"listen": "127.0.0.1:0"}, "control": {"socket": self.zoo.path("socket")},
            "log": {"level": "trace"}}))
        sidecar = self.start(TENURE, "sidecar", file, env=self.env)
        url = "http://" + self.address(sidecar)
        self.searched["environment of a command"] = self.environment_of("command")
        self.searched["environment of a hook"] = self.environment_of("hooks/leader-elected")
        socket = {"TENURE_SOCKET": self.zoo.path("socket"), "TENURE_ELECTION": "a"}
        wait_until(lambda: self.run_to_end(TENURE, "leader-set", "password=" + SECRETS["setting"],
                                           env=socket)[0] == 0, 30, what="the setting")
        for path in ("/", "/elections", "/elections/a/detail", "/groups", "/ui", "/metrics",
                     "/readyz", "/nosuch"):
            self.searched["sidecar " + path] = self.fetch(url + path, SECRETS["bearer"])
            self.searched["sidecar, no token " + path] = self.fetch(url + path)
            self.searched["sidecar, bad token " + path] = self.fetch(url + path, SECRETS["wrong"])
        self.assertIn(b"elector_elections_won", self.searched["sidecar /metrics"])

    def run_cron(self):
        file = self.write("cron.yaml", "election: key/cron\njobs:\n  - {name: tick, "
                          f"schedule: '@every 1s', command: ['{self.script('job')}']}}\n")
        cron = self.start(TENURE_CRON, "--http", "127.0.0.1:0", "--http-token", SECRETS["bearer"],
                          "--log-level", "trace", file,
                          env={k: v for k, v in self.env.items() if k != "TENURE_HTTP_TOKEN"})
        url = "http://" + self.address(cron)
        self.searched["environment of a job"] = self.environment_of("job")
        for path in ("/", "/metrics", "/api/jobs", "/api/access",
                     "/api/history?tenant=&job=tick"):
            self.searched["cron " + path] = self.fetch(url + path, SECRETS["bearer"])
        self.assertIn(b"tick", self.searched["cron /api/jobs"])

    def provoke_errors(self):
        """Each ends with an error that must not name the secret."""
        key = self.write("key.pem", "-----BEGIN PRIVATE KEY-----\n" + SECRETS["key"] +
                         "\n-----END PRIVATE KEY-----\n")
        certificate = self.write("cert.pem", SECRETS["key"] + "\n")
        token_command = self.write("command.sh", f"echo {SECRETS['command']}; exit 3\n")
        sidecar = "elections:\n  - {name: a}\n"
        leader = (TENURE, "leader", "key/none")
        https = {**self.env, "CONSUL_HTTP_ADDR": "https://" + self.consul}
        for argv, changed in (
                (leader, {"CONSUL_HTTP_TOKEN": SECRETS["wrong"]}),
                (leader, {"CONSUL_HTTP_ADDR": f"http://u:{SECRETS['url']}@{self.consul}"}),
                (leader, {"CONSUL_HTTP_ADDR": f"{SECRETS['url']}@{self.consul}:x"}),
                ((*leader, "--http-addr", f"https://u:{SECRETS['url']}@h"), {}),
                (leader, {"CONSUL_HTTP_TOKEN": SECRETS["wrong"] + "\n"}),
                (leader, {"CONSUL_HTTP_AUTH": SECRETS["basic"] + "\n"}),
                (leader, https),
                (leader, {**https, "CONSUL_CACERT": certificate}),
                (leader, {**https, "CONSUL_CLIENT_CERT": certificate, "CONSUL_CLIENT_KEY": key}),
                ((*leader, "--token-command", f"sh {token_command}"), {}),
                ((*leader, "--token", SECRETS["option"], "--token-file", "/none"), {}),
                ((TENURE, "agent", "--listen", "https://127.0.0.1:0", "--state", "none",
                  "--tls-cert", certificate, "--tls-key", key), {}),
                ((TENURE, "agent", "--listen", "127.0.0.1:0", "--state", "none"),
                 {"TENURE_AGENT_TOKEN": SECRETS["wrong"] + "\n"}),
                ((TENURE, "sidecar", "--check", self.write(
                    "1.yaml", sidecar + f"consul: {{token: {SECRETS['yaml']}}}\n")), {}),
                ((TENURE, "sidecar", "--check", self.write(
                    "2.yaml", sidecar + f"http: {{token: {SECRETS['yaml']}, ui: 1}}\n")), {}),
                ((TENURE, "sidecar", "--check", self.write(
                    "3.yaml", sidecar + f"consul: {{address: 'http://u:{SECRETS['yaml']}@h'}}\n")),
                 {}),
                ((TENURE, "sidecar", "--check", self.write(
                    "4.yaml", sidecar + f"consul: {{token: {SECRETS['syntax']}: [}}\n")), {}),
                ((TENURE_CRON, "check", self.write(
                    "5.yaml", "election: e\njobs:\n  - {name: a, schedule: '@daily', command: x, "
                    f"env: {{PASSWORD: [{SECRETS['yaml']}]}}}}\n")), {}),
                ((TENURE_CRON, "--http", "127.0.0.1:0", "--http-token", SECRETS["bearer"] + "\n",
                  self.write("6.yaml", "election: e\njobs: []\n")), {})):
            code, output, errors = self.run_to_end(*argv, env={**self.env, **changed})
            self.assertNotEqual(0, code, (argv, output))
            self.assertEqual([], leaks({"it": (output + errors).encode()}), (argv, errors))

    def search_processes(self):
        """The list of processes, and the environment of all that the programs started."""
        started = {process.pid for process in self.zoo.started}
        for pid in self.zoo.marked():
            self.searched[f"arguments of {pid}"] = read(f"/proc/{pid}/cmdline")
            environment = read(f"/proc/{pid}/environ")
            handed_on = read(f"/proc/{pid}/cmdline").startswith(b"sleep") and any(
                name in environment for name in (b"TENURE_KEY=key/named", b"TENURE_KEY=key/lock"))
            if pid not in started and not handed_on:
                self.searched[f"environment of {pid}"] = environment


if __name__ == "__main__":
    cases.main()
