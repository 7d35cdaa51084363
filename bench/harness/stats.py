"""Medians and percentiles over several runs."""

import math
import statistics


def percentile(values, p):
    """The smallest value such that at least p percent of the values do not exceed it."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * p / 100) - 1)]


class Samples:
    """The values that one subject reached in one case: a list for each run."""

    def __init__(self):
        self.runs = []

    def add_run(self, values):
        if values:
            self.runs.append(list(values))

    def all(self):
        return [v for run in self.runs for v in run]

    def __bool__(self):
        return bool(self.runs)

    @property
    def median(self):
        return statistics.median(self.all())

    @property
    def p99(self):
        return percentile(self.all(), 99)

    @property
    def spread(self):
        """The lowest and the highest of the runs' medians."""
        medians = [statistics.median(run) for run in self.runs]
        return min(medians), max(medians)
