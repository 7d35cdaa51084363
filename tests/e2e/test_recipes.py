#!/usr/bin/env python3
"""The recipes of docs/recipes: what they tell the programs is accepted, and the deploy works."""

import json
import os
import re
import shutil
import sys

try:
    import yaml
except ImportError:  # not Debian's Python
    sys.path.append("/usr/lib/python3/dist-packages")
    import yaml

from support import cases
from support.processes import SLACK, TENURE, wait_until

RECIPES = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "docs", "recipes"))


def recipe(name):
    with open(os.path.join(RECIPES, name), encoding="utf-8") as file:
        return file.read()


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text).group(1))


class RecipesTest(cases.ServerCase):
    def write(self, name, text, mode=0o644):
        path = self.zoo.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def test_the_recipes(self):
        self.all_at_once(self.kubernetes, self.nomad, self.compose, self.images, self.deploy)

    def kubernetes(self):
        manifest = yaml.safe_load(recipe("kubernetes/deployment.yaml"))
        self.assertEqual(("apps/v1", "Deployment"), (manifest["apiVersion"], manifest["kind"]))
        labels = manifest["spec"]["selector"]["matchLabels"]
        template = manifest["spec"]["template"]
        self.assertEqual(labels, template["metadata"]["labels"])
        pod = template["spec"]
        elector = pod["initContainers"][0]
        self.assertEqual("Always", elector["restartPolicy"])  # a sidecar, which is stopped last
        environment = {one["name"]: one.get("value", "127.0.0.1") for one in elector["env"]}
        for name in environment:
            environment[name] = environment[name].replace("$(HOST_IP)", "127.0.0.1")
        code, output, errors = self.run_to_end(TENURE, *elector["args"], "--check",
                                               env=environment)
        self.assertEqual((0, "environment: 1 election\n"), (code, output), errors)
        self.assertLess(seconds(environment["TENURE_SHUTDOWN"]),
                        pod["terminationGracePeriodSeconds"])
        ports = {one["name"]: one["containerPort"] for one in elector["ports"]}
        self.assertTrue(environment["ELECTOR_PROBE_ADDRESS"].endswith(f":{ports['probes']}"))
        for probe in ("startupProbe", "livenessProbe"):
            self.assertIn(elector[probe]["httpGet"]["port"], ports)

        # The elector does what its variables say, and the program's question finds the leader.
        environment.update({"CONSUL_HTTP_ADDR": self.server.address, "ELECTOR_HTTP": "127.0.0.1:0",
                            "ELECTOR_PROBE_ADDRESS": "127.0.0.1:0", "TENURE_KEY": self.key + "/k"})
        process = self.start(TENURE, *elector["args"], env=environment)
        wait_until(lambda: (self.consul.get(self.key + "/k")[0] or {}).get("Session"),
                   30 * SLACK, what="the elector leads")
        process.terminate()
        self.assertEqual(0, process.wait(30 * SLACK))

    def nomad(self):
        text = recipe("nomad/app.nomad.hcl")
        documents = dict(re.findall(r"<<([A-Z]+)\n(.*?)\n\1\n", text, re.DOTALL))
        sidecar = documents["YAML"].replace('{{ env "NOMAD_ALLOC_ID" }}', "an-allocation")
        path = self.write("sidecar.yaml", sidecar + "\n")
        code, output, errors = self.run_to_end(TENURE, "sidecar", "--check", path)
        self.assertEqual(0, code, errors)
        self.assertIn("1 election", output)
        elector, app = re.split(r'\n    task "app" ', text.split('task "elector" ')[1])
        self.assertRegex(elector, r'lifecycle \{\s+hook    = "prestart"\s+sidecar = true')
        self.assertIn('["sidecar", "/local/sidecar.yaml"]', elector)
        self.assertGreater(seconds(re.search(r'kill_timeout = "(\w+)"', elector).group(1)),
                           seconds(yaml.safe_load(sidecar)["shutdown"]))
        self.assertIn("kill_timeout", app)
        script = self.write("app.sh", documents["SCRIPT"] + "\n")
        self.assertEqual(0, self.run_to_end("sh", "-n", script)[0])
        outside = re.sub(r"<<([A-Z]+)\n.*?\n\1\n", "\n", text, flags=re.DOTALL)
        self.assertEqual(outside.count("{"), outside.count("}"))
        if shutil.which("nomad"):
            code, output, errors = self.run_to_end(
                "nomad", "job", "validate", os.path.join(RECIPES, "nomad/app.nomad.hcl"))
            self.assertEqual(0, code, output + errors)

    def compose(self):
        services = yaml.safe_load(recipe("compose/compose.yaml"))["services"]
        words = services["consul"]["command"]
        self.assertEqual("0.0.0.0:8500", words[words.index("--listen") + 1])
        words = ["127.0.0.1:0" if word == "0.0.0.0:8500" else word for word in words]
        agent = self.start(TENURE, *words)
        wait_until(lambda: self.zoo.output_lines(agent), what="the agent")
        address = self.zoo.output_lines(agent)[0].split()[-1]
        worker = services["worker"]
        self.assertEqual("http://consul:8500", worker["environment"]["CONSUL_HTTP_ADDR"])
        words = [word.replace("$$", "$") for word in worker["command"]]
        process = self.start(TENURE, *words, env={"CONSUL_HTTP_ADDR": address})
        wait_until(lambda: self.zoo.output_lines(process), 20 * SLACK, what="the worker")
        self.assertRegex(self.zoo.output_lines(process)[0], r"^working as \d+$")
        grace = seconds(words[words.index("--grace") + 1])
        self.assertGreater(seconds(worker["stop_grace_period"]), grace)
        process.terminate()
        process.wait(30 * SLACK)
        agent.terminate()
        self.assertEqual(0, agent.wait(20))

    def images(self):
        """One image in all recipes, of this version."""
        version = self.run_to_end(TENURE, "--version")[1].split()[1]
        for name in ("kubernetes/deployment.yaml", "nomad/app.nomad.hcl", "compose/compose.yaml",
                     "compose/Dockerfile"):
            found = set(re.findall(r"tenure:(\d+\.\d+\.\d+)", recipe(name)))
            self.assertEqual({version}, found, name)
        self.assertIn('ENTRYPOINT ["/usr/bin/tenure"]', recipe("compose/Dockerfile"))

    def deploy(self):
        """Three hosts, upgraded one by one. A host is a process, and its upgrade a restart."""
        group = self.key + "/group"
        members = ["host-a", "host-b", "host-c"]
        keys = [f"{group}/{number}" for number in range(6)]
        for member in members:
            options = {"prefix": group, "member": member}
            elections = [{"name": key.rpartition("/")[2], "key": key, "value": member}
                         for key in keys]
            self.write(member + ".yaml", json.dumps(
                {"defaults": {"span": "3s", "ttl": "10s", "group": options},
                 "elections": elections}))
        start = self.write("start", f"""#!/bin/sh
cd '{self.folder}'
setsid '{TENURE}' sidecar $1.yaml >>$1.log 2>&1 </dev/null &
echo $! >$1.pid
echo $1 >>started
""", 0o755)
        upgrade = self.write("upgrade", f"""#!/bin/sh
set -e
cd '{self.folder}'
kill $(cat $1.pid)
while kill -0 $(cat $1.pid) 2>/dev/null; do sleep 0.05; done
exec {start} $1
""", 0o755)
        for member in members:
            self.assertEqual(0, self.run_to_end(start, member)[0])

        def read():
            code, output, _ = self.run_to_end(TENURE, "group", "--json", group)
            return json.loads(output) if code == 0 else {"members": []}

        def balanced():
            led = [member["leads"] for member in read()["members"]]
            return led == [2, 2, 2]
        wait_until(balanced, 60 * SLACK, pause=0.2, what="a balanced group")
        # What the group was like when the next member left it.
        os.mkdir(self.zoo.path("bin"))
        self.write("bin/tenure", f"""#!/bin/sh
[ "$1" != drain ] || '{TENURE}' group --json '{group}' >>'{self.folder}/left'
exec '{TENURE}' "$@"
""", 0o755)
        path = self.zoo.path("bin") + ":" + os.environ["PATH"]
        process = self.start(os.path.join(RECIPES, "rolling/deploy.sh"), group, *members,
                             env={"DEPLOY": upgrade, "PATH": path, "PATIENCE": "60s"})
        code = process.wait(200 * SLACK)
        self.assertEqual(0, code, self.zoo.output(process) + self.zoo.errors(process))
        self.assertEqual(members + members, self.zoo.lines("started"))
        self.assertEqual([], read()["drained"])
        wait_until(balanced, 60 * SLACK, pause=0.2, what="a balanced group")

        for line in self.zoo.lines("left"):
            led = [(member["leads"], member["gets"]) for member in json.loads(line)["members"]]
            self.assertEqual([(2, 0)] * 3, led)
        self.deploy_that_fails(group, path, read)

    def deploy_that_fails(self, group, path, read):
        def run(*words, **env):
            return self.run_to_end(os.path.join(RECIPES, "rolling/deploy.sh"), *words, timeout=120,
                                   env={"PATH": path, **env})
        for words in ((), (group,)):
            code, _, errors = run(*words, DEPLOY="true")
            self.assertEqual(64, code)
            self.assertIn("GROUP MEMBER...", errors)
        # It leaves no member drained, unless an operator had drained it before.
        code, _, errors = run(group, "host-a", DEPLOY="false")
        self.assertEqual(1, code, errors)
        self.assertIn("host-a: the upgrade failed with 1: false host-a", errors)
        self.assertEqual([], read()["drained"])
        self.assertEqual(0, self.run_to_end(TENURE, "drain", "--wait", group, "host-a")[0])
        for command, code in (("false", 1), ("true", 0)):
            self.assertEqual(code, run(group, "host-a", DEPLOY=command)[0])
            self.assertEqual(["host-a"], read()["drained"])


if __name__ == "__main__":
    cases.main(needs_consul=True)
