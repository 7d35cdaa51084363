#!/usr/bin/env python3
"""What the pages say of keys, metrics and exit codes is what the programs have, and the other way
round. The programs are asked: their error names the known keys, their exposition the metrics. The
options that the pages name exist; the list of all is made of the help (docs/site/reference.py). For
log events there is a lint, cmake/lint/log_events.py."""

import json
import os
import re
import sys
import urllib.request

from support import cases
from support.processes import BUILD, TENURE, TENURE_CRON, wait_until

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "docs", "site"))
import reference  # noqa: E402  pylint: disable=wrong-import-position

# No key of any map, and near to none: so the error lists those that are known.
NO_KEY = "qqqqqqqqqq"
WITH_NO_KEY = {NO_KEY: 1}
SIDECAR = {
    "elections": [{
        "name": "db", NO_KEY: 1, "group": {"prefix": "a", NO_KEY: 1},
        "consul_service": {"id": "a", NO_KEY: 1}, "hooks": {"dir": "/", NO_KEY: 1},
        "command": {"run": "true", NO_KEY: 1, "health": WITH_NO_KEY}}],
    "defaults": WITH_NO_KEY, "http": WITH_NO_KEY, "consul": WITH_NO_KEY, "log": WITH_NO_KEY,
    "control": {"socket": "/tmp/a", NO_KEY: 1}, NO_KEY: 1}
CRON = {
    "election": "a", NO_KEY: 1, "defaults": WITH_NO_KEY,
    "jobs": [{"name": "a", "schedule": "@daily", "command": "true", NO_KEY: 1,
              "retries": {"attempts": 1, NO_KEY: 1}, "output": {"file": "a", NO_KEY: 1}}]}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
# The pages that are about ./dev and the tests.
OF_DEVELOPERS = {"developing.md", "benchmarks.md", "chaos.md", "simulation.md", "fuzzing.md"}
# Labels whose values are names of the user's, or numbers of the machine.
FREE_LABELS = {"election", "group", "hook", "job", "le", "version", "commit", "compiler", "code"}
# Only where the memory of the process is limited.
SOMETIMES = {"process_virtual_memory_max_bytes"}


def page(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def section(text, heading):
    """From a heading to the next one."""
    begin = text.index(f"\n{heading}\n") + len(heading) + 2
    end = re.compile(r"^#+ ", re.MULTILINE).search(text, begin)
    return text[begin:end.start() if end else len(text)]


def tables(text):
    """The rows of each table, as lists of cells, with that of its head first."""
    found, last = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line.strip("|"))
            last.append([cell.strip() for cell in cells])
        elif last:
            found.append([row for row in last if not re.fullmatch(r"[-| ]*", "".join(row))])
            last = []
    return found


def table(text, head):
    """The rows below the head whose first cell is `head`."""
    return next(rows[1:] for rows in tables(text) if rows[0][0] == head)


class KeysTest(cases.Case):
    def known(self, contents, *command):
        """The keys that a program knows in each map of its file, by the label of the map."""
        file = self.zoo.path("keys.yaml")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(contents, out)  # JSON is YAML
        code, output, errors = self.run_to_end(*command, file)
        self.assertEqual(64, code, errors)
        found = re.findall(rf"unknown key '{NO_KEY}' in (.*) \(known: (.*)\)", output + errors)
        self.assertEqual(json.dumps(contents).count(NO_KEY), len(found), output + errors)
        return {label: set(keys.split(", ")) for label, keys in found}

    def compare(self, label, known, told, *, words=""):
        """`told`: the keys that a page gives in tables or examples; `words`: text in which it may
        name others."""
        self.assertEqual(set(), told - known, f"{label}: no such keys")
        self.assertEqual(set(), known - told - set(re.findall(r"[a-z_]+", words)),
                         f"{label}: keys that the page lacks")

    def test_the_sidecar_s_file(self):
        known = self.known(SIDECAR, TENURE, "sidecar", "--check")
        faces = page("docs/sidecar-faces.md")
        health = table(faces, "key of `health`")
        for label, heading in (("consul_service of db",
                                "## A Consul service: in the place of consul-leader"),
                               ("hooks of db", "## Hooks: in the place of Juju's"),
                               ("command of db", "## A command")):
            self.compare(label, known.pop(label), self.first_cells(section(faces, heading)))
        self.compare("health", known.pop("health of db"),
                     {key for row in health for key in re.findall(r"`(\w+)`", row[0])})
        text = page("docs/sidecar.md")
        self.compare("group", known.pop("election 'db': group"),
                     self.first_cells(section(text, "## Groups")))
        example = re.search(r"```yaml\n(.*?)```", section(text, "## The file"), re.DOTALL)[1]
        blocks = dict(re.findall(r"^(\w+):(.*\n(?: .*\n)*)", example, re.MULTILINE))
        outputs = {"consul_service", "hooks", "command"}  # have a page of their own
        self.compare("the file", known.pop("the file"), set(blocks))
        self.compare("election", known.pop("election 'db'") - outputs,
                     self.yaml_keys(blocks["elections"]))
        for label in sorted(known):
            self.compare(label, known[label], self.yaml_keys(blocks[label]), words=blocks[label])

    @staticmethod
    def first_cells(text):
        return {key for row in table(text, "key") for key in re.findall(r"`(\w+)`", row[0])}

    @staticmethod
    def yaml_keys(block):
        """The keys of a block of an example: at the begin of lines, or in its braces."""
        plain = "\n".join(line.partition("#")[0] for line in block.splitlines())
        if plain.strip().startswith("{"):
            return set(re.findall(r"(\w+):", plain))
        return set(re.findall(r"^ +(?:- )?(\w+):", plain, re.MULTILINE))

    def test_the_jobs_file(self):
        known = self.known(CRON, TENURE_CRON, "check")
        text = page("docs/cron.md")
        told = {key for row in table(text, "key of the file")
                for key in re.findall(r"`(\w+):", row[0])}
        self.compare("the file", known.pop("the file"), told)
        jobs, braces = {"name"}, {"retries": set(), "output": set()}
        for cell in (row[0] for head in ("when", "what") for row in table(text, head)):
            plain = re.sub(r"\{.*?\}", "", cell)
            jobs |= set(re.findall(r"`(?:\w+: [^`]*, )?(\w+):", plain))
            jobs |= set(re.findall(r", `?(\w+):", plain))
            for key, inner in re.findall(r"(\w+): (\{.*?\})", cell):
                if key in braces:
                    braces[key] |= set(re.findall(r"(\w+):", inner))
        job = known.pop("a job")
        self.compare("a job", job, jobs)
        self.assertEqual(job - {"name", "at"}, known.pop("defaults"))
        for key, inner in braces.items():
            label = next(label for label in known if label.endswith(key))
            self.compare(label, known.pop(label), inner)
        self.assertEqual({}, known)


class MetricsTest(cases.ServerCase):
    def exposition(self, *command, contents, shows=""):
        """The type of each metric of a program, and its exposition once it shows that series."""
        file = self.zoo.path("a.yaml")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(contents, out)
        process = self.start(*command, file)
        found = wait_until(lambda: re.search(r"listening address=(\S+)",
                                             self.zoo.errors(process)), what="its address")

        def read():
            with urllib.request.urlopen(f"http://{found[1]}/metrics", timeout=10) as answer:
                return answer.read().decode()

        wait_until(lambda: shows in read(), 30, pause=0.2, what=shows)
        text = read()
        return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)), text

    @staticmethod
    def told(*rows):
        """By name: the labels, and the row, of each metric in the first cells."""
        return {name: (set(filter(None, labels.split(","))), row) for row in rows
                for name, labels in re.findall(r"\b((?:tenure|elector|process)_\w+)(?:\{(.*?)\})?",
                                               row[0])}

    def library(self):
        return self.told(*(row for rows in tables(page("docs/metrics.md"))
                           if rows[0][0] == "metric" for row in rows[1:]))

    def compare(self, types, text, told):
        self.assertEqual(set(types) - SOMETIMES, set(told) - SOMETIMES)
        for name, (labels, row) in told.items():
            series = re.findall(rf"^{name}(?:_bucket)?\{{(.*)\}} ", text, re.MULTILINE)
            pairs = {pair for one in series for pair in re.findall(r'(\w+)="([^"]*)"', one)}
            self.assertEqual(labels, {label for label, _ in pairs} - {"le"}, name)
            for label, value in pairs:
                if label not in FREE_LABELS:
                    self.assertIn(f"`{value}`", " ".join(row), f"{name}: {label}")

    def compare_types(self, types, rows):
        for row in rows:
            names = [name for name in self.told(row) if name not in SOMETIMES]
            self.assertEqual(set(row[1].split(", ")), {types[name] for name in names}, row[0])

    def test_of_the_sidecar(self):
        types, text = self.exposition(
            TENURE, "sidecar", "--log-level", "info",
            contents={"elections": [{"name": "db", "key": self.key, "group": self.key + "s"}],
                      "http": {"listen": "127.0.0.1:0"}})
        own = table(section(page("docs/sidecar.md"), "### Metrics"), "name")
        self.compare(types, text, {**self.library(), **self.told(*own)})
        self.compare_types(types, own)
        for rows in tables(page("docs/metrics.md")):
            if rows[0][0] == "metric":
                self.compare_types(types, rows[1:])

    def test_of_tenure_cron(self):
        types, text = self.exposition(
            TENURE_CRON, "--http", "127.0.0.1:0",
            contents={"election": self.key, "jobs": [
                {"name": "a", "schedule": "@every 1s", "command": "true"}]},
            shows="tenure_cron_job_last_success_timestamp_seconds{")
        cron = section(page("docs/cron.md"), "## Status page and metrics")
        shared = {name: said for name, said in self.told(
            *table(section(page("docs/sidecar.md"), "### Metrics"), "name")).items()
            if name.startswith(("process_", "tenure_build_info"))}
        self.compare(types, text, {**self.library(), **shared,
                                   **self.told(*table(cron, "metric"))})


class OptionsTest(cases.Case):
    def helps(self):
        """The help of each program and subcommand."""
        for program in reference.PROGRAMS:
            waiting = [[]]
            while waiting:
                words = waiting.pop()
                code, output, errors = self.run_to_end(os.path.join(BUILD, "bin", program), *words,
                                                       "--help")
                self.assertEqual((0, ""), (code, errors))
                yield program, output
                waiting += [[*words, name] for name in reference.subcommands(output)]

    @staticmethod
    def pages():
        yield "README.md"
        for folder, _, names in os.walk(os.path.join(TOP, "docs")):
            for name in names:
                if name.endswith(".md"):
                    yield os.path.relpath(os.path.join(folder, name), TOP)

    def test_the_options_on_the_pages_exist(self):
        known = {}
        for program, output in self.helps():
            known.setdefault(program, set()).update(OPTION.findall(output))
        for name in self.pages():
            text = page(name)
            for program, words in re.findall(r"\b(tenure-cron|tenure)((?: [^\s`|]+)+)", text):
                for option in OPTION.findall(words.partition(" -- ")[0]):
                    self.assertIn(option, known[program], f"{name}: {program}{words}")
            if os.path.basename(name) not in OF_DEVELOPERS:
                alone = set(re.findall(r"`(--[a-z][a-z-]+)", text))
                self.assertEqual(set(), alone - set().union(*known.values()), name)


class ExitCodesTest(cases.Case):
    def test_the_tables_have_the_codes_of_the_sources(self):
        told = {code for name in ("tools", "cron", "sidecar")
                for rows in tables(page(f"docs/{name}.md")) if rows[0][0] == "exit code"
                for row in rows[1:] for code in re.findall(r"\d+", row[0])}
        codes = set(re.findall(r"^\| (\d+) \|", reference.exit_codes(reference.pathlib.Path(TOP)),
                               re.MULTILINE))
        of_shells = {code for code in told if int(code) >= 126}  # of commands and signals
        self.assertEqual(codes, told - of_shells)


if __name__ == "__main__":
    cases.main()
