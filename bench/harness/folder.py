"""A folder of stored results: a text file for each benchmark and server, all rows as JSON, and the
plots. A benchmark that runs again replaces its own rows and leaves the others alone."""

import json
import os
import subprocess

from . import plots
from .results import NO_SERVER, table
from .servers import ROOT

DERIVED_FROM = ("steady", "standby", "growth")
JSON_NAME = "results.json"
PLOTS = "plots"


class Folder:
    def __init__(self, path):
        self.path = path

    def put(self, results, bench):
        """Replaces the stored rows of `bench` with those that it has measured now."""
        rows = [r for r in results.rows if r["within"] == bench]
        notes = [n for n in results.notes if n.bench in (bench, None)]
        servers = dict.fromkeys([r["server"] for r in rows] +
                                [n.server for n in notes if n.bench == bench])
        for server in servers:
            text = [results.headers[bench], "",
                    table([r for r in rows if r["server"] == server])]
            text += [f"note: {n.text}" for n in notes if n.server == server]
            name = bench if server == NO_SERVER else f"{bench}-{server}"
            with open(os.path.join(self.path, name + ".txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(text) + "\n")
        kept = [r for r in self._rows() if r["within"] != bench or r["server"] not in servers]
        write_rows(sorted(kept + rows, key=lambda r: (r["within"], r["server"])), self._json())

        self._derive(bench)

    def _derive(self, bench):
        """The constants of `tenure plan` follow the results that the repository has."""
        bench_folder = os.path.join(ROOT, "bench")
        ours = os.path.realpath(self.path) == os.path.join(bench_folder, "results")
        if ours and bench in DERIVED_FROM:
            subprocess.run([os.path.join(bench_folder, "constants")], check=False,
                           stdout=subprocess.DEVNULL)

    def draw(self):
        plots.draw(self._rows(), os.path.join(self.path, PLOTS))

    def _json(self):
        return os.path.join(self.path, JSON_NAME)

    def _rows(self):
        if not os.path.exists(self._json()):
            return []
        with open(self._json(), encoding="utf-8") as file:
            return json.load(file)


def write_rows(rows, path):
    """Writes a JSON list with one object a line."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
