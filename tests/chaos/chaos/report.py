"""The report of a run: lines on standard output, and a page with the timeline in its folder."""

import collections
import html
import os
import platform
import time

from support import consul

from . import network, timeline

MOST_SHOWN = 30


def lines_of(run, figures):
    version = ".".join(str(n) for n in consul.version())
    where = "namespaces" if network.isolated() else "one network"
    lines = [f"chaos: seed {run.seed}, Consul {version}, {where}: "
             f"{sum(run.counts.values())} faults of {len(run.counts)} kinds in "
             f"{run.seconds / 60:.1f} min, settled after {run.settled_after:.0f} s"]
    lines += ["  " + ", ".join(f"{count} {name}" for name, count in figures.items())]
    if run.missed or run.skipped:
        lines += [f"  {sum(run.missed.values())} more faults hit nothing, "
                  f"{sum(run.skipped.values())} were left out, as their target was busy"]
    by_check = collections.Counter(check for check, _, _ in run.wrong)
    shown = sorted(run.wrong, key=lambda w: w[1])[:MOST_SHOWN]
    lines += [f"  VIOLATION of '{check}' at {at:.3f} s: {text}" for check, at, text in shown]
    if len(run.wrong) > len(shown):
        lines.append(f"  and {len(run.wrong) - len(shown)} more")
    verdict = "clean" if not run.wrong else \
        "FAILED: " + ", ".join(f"{n} x {check}" for check, n in by_check.items())
    return lines + [f"{verdict}; report: {os.path.join(run.folder, 'index.html')}"]


def counts_of(run):
    """A line for each kind of fault, and one of those that could occur and never hit anything."""
    lines = []
    for kind in sorted({*run.counts, *run.missed, *run.skipped}):
        more = [f"{n} {what}" for n, what in ((run.missed[kind], "hit nothing"),
                                              (run.skipped[kind], "left out")) if n]
        lines.append(f"{run.counts[kind]:6d}  {kind}" + (f" ({', '.join(more)})" if more else ""))
    never = [kind.name for kind in run.kinds if not run.counts[kind.name]]
    return lines + (["", "never hit: " + ", ".join(never)] if never else [])


def tell(run, figures, draw=timeline.draw):
    lines = lines_of(run, figures)
    print("\n".join(lines), flush=True)
    counts = counts_of(run)
    allowed = [f"{at / 1e9 - run.began:.3f} s: {text}" for at, text in run.excused]
    seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - run.began
    head = f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}; {os.cpu_count()} cores; " \
           f"Linux {platform.release()}"
    with open(os.path.join(run.folder, "report.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join([head, *lines, "", "faults:", *counts, "",
                              "overlaps that the design allows:", *allowed]) + "\n")
    picture = draw(run, seconds)
    with open(os.path.join(run.folder, "timeline.svg"), "w", encoding="utf-8") as file:
        file.write(picture)
    with open(os.path.join(run.folder, "index.html"), "w", encoding="utf-8") as file:
        file.write(page(head, lines, counts, allowed, picture))
    return 1 if run.wrong else 0


def page(head, lines, counts, allowed, picture):
    def block(title, text):
        return f"<h2>{title}</h2><pre>{html.escape(chr(10).join(text) or 'none')}</pre>"
    return ("<!doctype html><meta charset=utf-8><title>tenure: chaos</title>"
            "<style>body { font: 14px sans-serif; margin: 1em }</style>"
            f"<h1>Chaos</h1><p>{html.escape(head)}</p>" + block("Verdict", lines) + picture +
            block("Faults", counts) + block("Overlaps that the design allows", allowed))
