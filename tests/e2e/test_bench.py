#!/usr/bin/env python3
"""A small and short ./dev bench, to test that it works. Its figures are not checked, as other tests
run at the same time."""

import json
import os

from support import cases
from support.processes import BUILD, wait_until

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "run")
FIELDS = {"bench", "within", "subject", "server", "case", "n", "metric", "unit", "median", "p99",
          "runs", "samples", "low", "high", "ratio_to_floor", "p99_ratio_to_floor", "targets"}


class Bench(cases.Case):
    def bench(self, *arguments, timeout=110):
        return self.run_to_end(BENCH, "--build", BUILD, *arguments, timeout=timeout)

    def test_a_quick_run(self):
        server = "agent" if cases.on_agent() else "consul"
        file = os.path.join(self.folder, "rows.json")
        plots = os.path.join(self.folder, "plots")
        code, output, errors = self.bench("--quick", "--most", 100, "--server", server, "--tls",
                                          "--json", file, "--plots", plots, "failover",
                                          "cold_start", "micro")
        self.assertEqual((0, ""), (code, errors), output)
        with open(file, encoding="utf-8") as text:
            rows = json.load(text)
        self.assertNotIn("note:", output)
        for row in rows:
            self.assertEqual(FIELDS, set(row))
            self.assertGreaterEqual(row["runs"], 2, row)
            self.assertLessEqual(row["low"], row["median"], row)
            self.assertLessEqual(row["median"], row["high"], row)
        found = {(r["bench"], r["subject"], r["n"], r["case"]): r for r in rows
                 if r["server"] == server
                 and r["metric"] in ("enter_to_all_held", "until_next_leads")}
        for bench, n, case in (("cold_start", 10, ""), ("cold_start", 100, ""),
                               ("failover", 1, "release"), ("failover", 10, "release"),
                               ("failover", 1, "destroy")):
            floor, tenure = found[bench, "floor", n, case], found[bench, "tenure", n, case]
            self.assertIsNone(floor["ratio_to_floor"])
            self.assertGreater(floor["median"], 0)
            self.assertAlmostEqual(tenure["median"] / floor["median"], tenure["ratio_to_floor"], 2)
            self.assertEqual(server == "consul", bool(tenure["targets"]), tenure)
            over_tls = found.get((bench, "tenure-tls", n, case))
            self.assertEqual(server == "consul", over_tls is not None)
        self.assertIn("json_listing", {r["metric"] for r in rows})
        for name in ("cold_start", "failover"):
            for ending in ("svg", "png"):
                path = os.path.join(plots, f"{name}.{ending}")
                self.assertGreater(os.path.getsize(path), 2000, path)
        wait_until(lambda: not self.zoo.marked(), 5, what="the end of every process")

    def test_a_folder_of_results(self):
        """A run replaces the results of its benchmarks, and leaves the others alone."""
        def rows():
            with open(os.path.join(self.folder, "results.json"), encoding="utf-8") as text:
                return json.load(text)

        others = [{"bench": "steady", "within": "steady", "subject": "tenure", "server": "consul",
                   "case": "", "n": 10, "metric": "cpu", "median": 1, "low": 1, "high": 1,
                   "ratio_to_floor": None, "targets": []}]
        gone = [{**others[0], "bench": "micro", "within": "micro", "server": "none"}]
        with open(os.path.join(self.folder, "results.json"), "w", encoding="utf-8") as text:
            json.dump(others + gone, text)
        code, output, errors = self.bench("--quick", "--results", self.folder, "micro")
        self.assertEqual((0, ""), (code, errors), output)
        self.assertEqual(others, [r for r in rows() if r["bench"] == "steady"])
        self.assertNotIn(gone[0], rows())
        self.assertIn("record_size", {r["metric"] for r in rows()})
        with open(os.path.join(self.folder, "micro.txt"), encoding="utf-8") as text:
            lines = text.read().splitlines()
        self.assertIn("UTC", lines[0])
        self.assertTrue(lines[2].startswith("bench "), lines[2])
        self.assertTrue(all(line.startswith("micro ") for line in lines[4:]), lines)
        self.assertTrue(os.path.exists(os.path.join(self.folder, "plots", "steady_cpu.svg")))

    def test_usage_errors_get_one_line(self):
        for arguments, named in ((["no-such"], "no-such"), (["--server", "etcd"], "etcd"),
                                 (["--json", "/no/such/file"], "/no/such"),
                                 (["--results", "/no/such"], "/no/such"),
                                 (["--most", "many"], "many")):
            code, output, errors = self.bench(*arguments)
            self.assertEqual((64, "", 1), (code, output, len(errors.splitlines())), errors)
            self.assertIn(named, errors)


if __name__ == "__main__":
    cases.main(needs_consul=True)
