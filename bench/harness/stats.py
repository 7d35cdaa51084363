"""Medians, and nothing that a single run could pretend to be."""

import math
import statistics


def percentile(values, p):
    """The smallest value that p percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * p / 100) - 1)]


class Samples:
    """What one subject did in one case: a list of values for each run."""

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
        """The lowest and the highest median of a run."""
        medians = [statistics.median(run) for run in self.runs]
        return min(medians), max(medians)
