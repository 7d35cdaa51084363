"""Runs other benchmarks with 10 to 100,000 elections and fits the growth of their metrics. Skips
sizes that have been measured already."""

import math

from ..results import Target
from . import cold_start, mass_failover, standby, steady

ABOUT = "cold start, standby, steady state and mass failover from 10 to 100,000"
METRICS = (("cold_start", "enter_to_all_held"), ("standby", "cpu"), ("steady", "cpu"),
           ("steady", "rss_per_election"), ("mass_failover", "until_all_led"))


def run(setting):
    kind = "consul" if "consul" in setting.servers else setting.servers[0]
    for n in setting.sizes(10, 100, 1000, 10_000, 100_000):
        for name, module in (("cold_start", cold_start), ("standby", standby),
                             ("mass_failover", mass_failover), ("steady", steady)):
            if not any(r["bench"] == name and r["n"] == n and r["server"] == kind
                       for r in setting.results.rows):
                module.grow(setting, kind, n)
    for bench, metric in METRICS:
        add_exponent(setting, kind, bench, metric)


def add_exponent(setting, kind, bench, metric):
    """Adds the exponent of the growth from 1,000 elections up: 1 is linear. Below 1,000, constants
    dominate."""
    points = [(r["n"], r["median"]) for r in setting.results.rows
              if (r["bench"], r["metric"], r["server"], r["subject"]) ==
              (bench, metric, kind, "tenure") and r["n"] >= 1000 and r["median"] > 0]
    if len(points) < 2:
        return
    xs, ys = [math.log(n) for n, _ in points], [math.log(v) for _, v in points]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)
    setting.results.add("growth", "tenure", n=points[-1][0], metric="exponent", unit="exp",
                        samples=[slope], server=kind, case=f"{bench} {metric}",
                        targets=[Target("median", 1.1, "exponent <= 1.1")])
