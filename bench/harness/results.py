"""The rows that the benchmarks measure, their targets, and the table."""

from .stats import Samples


class Target:
    """An upper limit on one field of a row. AtLeast is a lower limit."""

    def __init__(self, field, limit, text):
        self.field, self.limit, self.text = field, limit, text

    def reached(self, row):
        value = row.get(self.field)
        return value is not None and self.within_limit(value)

    def within_limit(self, value):
        return value <= self.limit


class AtLeast(Target):
    def within_limit(self, value):
        return value >= self.limit


def ratio_at_most(median, p99=None):
    """Targets relative to the floor of the same run."""
    targets = [Target("ratio_to_floor", median, f"median <= {median:g} x floor")]
    if p99 is not None:
        targets.append(Target("p99_ratio_to_floor", p99, f"p99 <= {p99:g} x floor"))
    return targets


def plain_at_most(limit, plain):
    """A target relative to the median of the same without TLS, in the same run."""
    return [Target("median", limit * plain.median, f"median <= {limit:g} x plain")]


def at_most(limit, unit):
    return [Target("median", limit, f"median <= {limit:g} {unit}")]


NO_SERVER = "none"


class Note:
    """Says what was not measured, and why. `bench` is None if it concerns all benchmarks."""

    def __init__(self, bench, server, text):
        self.bench, self.server, self.text = bench, server, text


class Results:
    """Collects rows, and prints each when it is added."""

    def __init__(self, out):
        self.rows = []
        self.notes = []
        self.out = out
        self.bench = None  # the running benchmark
        self.headers = {}  # for each benchmark the machine when it began

    def begin(self, bench, header):
        self.bench = bench
        self.headers[bench] = header

    def note(self, text, server="consul"):
        """Records something that was not measured: results never omit it silently."""
        self.notes.append(Note(self.bench, server, text))
        print(f"  note: {text}", file=self.out, flush=True)

    def add(self, bench, subject, *, n, metric, unit, samples, server, case="", targets=()):
        """Adds a row. The floor comes before the subjects that are compared with it."""
        if not isinstance(samples, Samples):
            values, samples = samples, Samples()
            for value in values:
                samples.add_run([value])
        if not samples:
            self.note(f"{bench} {case} n={n} on {server}: {subject} has no result", server)
            return None
        low, high = samples.spread
        row = {"bench": bench, "within": self.bench or bench, "subject": subject,
               "server": server, "case": case, "n": n, "metric": metric, "unit": unit,
               "median": round(samples.median, 4), "p99": round(samples.p99, 4),
               "runs": len(samples.runs), "samples": len(samples.all()),
               "low": round(low, 4), "high": round(high, 4),
               "ratio_to_floor": None, "p99_ratio_to_floor": None, "targets": []}
        floor = self.find(bench, "floor", server, case, n, metric)
        if floor and floor["median"] > 0:
            row["ratio_to_floor"] = round(row["median"] / floor["median"], 3)
            row["p99_ratio_to_floor"] = round(row["p99"] / floor["p99"], 3)
        for target in targets:
            row["targets"].append({"target": target.text, "reached": target.reached(row)})
        self.rows.append(row)
        print("  " + line(row), file=self.out, flush=True)
        return row

    def find(self, bench, subject, server, case, n, metric):
        for row in self.rows:
            if (row["bench"], row["subject"], row["server"], row["case"], row["n"],
                    row["metric"]) == (bench, subject, server, case, n, metric):
                return row
        return None


def table(rows):
    """The rows as text with aligned columns."""
    return "\n".join([HEAD, "-" * len(HEAD)] + [line(row) for row in rows])


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


HEAD = (f"{'bench':<14}{'server':<8}{'case':<28}{'n':>8} {'subject':<16}{'metric':<22}"
        f"{'median':>10}{'p99':>10} {'unit':<6}{'low..high':>19} {'x floor':>8}  target")


def line(row):
    spread = f"{number(row['low'])}..{number(row['high'])}"
    targets = "; ".join(f"{t['target']}: {'reached' if t['reached'] else 'MISSED'}"
                        for t in row["targets"])
    return (f"{row['bench']:<14}{row['server']:<8}{row['case']:<28}{row['n']:>8} "
            f"{row['subject']:<16}{row['metric']:<22}{number(row['median']):>10}"
            f"{number(row['p99']):>10} {row['unit']:<6}{spread:>19} "
            f"{number(row['ratio_to_floor']):>8}  {targets}").rstrip()
