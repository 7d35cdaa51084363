"""Draws the rows with gnuplot, as SVG and PNG: benchmarks of several sizes as lines on logarithmic
axes, the others as bars."""

import os
import shutil
import subprocess

from .processes import Failed

COLOURS = {"tenure": "#0060ad", "tenure-tls": "#3fa34d", "floor": "#888888",
           "floor-guarded": "#b8b8b8",
           "go-lock": "#00a0b0", "etcd": "#dd181f", "curator": "#e69f00", "shell": "#7a3e9d"}
TERMINALS = (("svg", "svg size 900,540 dynamic background rgb 'white' font 'sans,13'"),
             ("png", "pngcairo size 1350,810 font 'sans,13'"))
# The metric that each picture shows: file name, benchmark, metric, title.
PICTURES = (
    ("cold_start", "cold_start", "enter_to_all_held", "enter N elections until all are held [ms]"),
    ("failover", "failover", "until_next_leads", "hand-over to the next leader, median [ms]"),
    ("mass_failover", "mass_failover", "until_all_led",
     "from the death of N leaders to leading all, less the quarantine [ms]"),
    ("standby_latency", "standby", "change_to_event", "change to event, 100 changes a second [ms]"),
    ("standby_cpu", "standby", "cpu", "CPU of a standby, 100 changes a second [cores]"),
    ("steady_memory", "steady", "rss_per_election", "memory of a held election [bytes]"),
    ("steady_cpu", "steady", "cpu", "CPU while N are held [% of a core]"),
    ("crash", "crash", "until_next_leads", "SIGKILL to the next leader, median [s]"),
    ("hand_overs", "groups", "until_next_leads", "end of a body to the next body, median [ms]"),
)
BARS = ("failover", "crash", "groups")
POINT = ("bench", "subject", "server", "case", "n", "metric")


def draw(rows, folder):
    """Draws every picture that has rows. Raises Failed without gnuplot."""
    if shutil.which("gnuplot") is None:
        raise Failed("gnuplot is not installed: run ./dev setup")
    os.makedirs(folder, exist_ok=True)
    # `growth` may have measured the same case as the benchmark: the later row counts.
    rows = list({tuple(r[k] for k in POINT): r for r in rows}.values())
    for name, bench, metric, title in PICTURES:
        chosen = [r for r in rows if r["bench"] == bench and r["metric"] == metric
                  and r["median"] > 0]
        if chosen:
            text = bars if bench in BARS else growth
            picture(name, text(title, chosen), folder)
    compared = [r for r in rows if r["subject"] == "tenure" and r["ratio_to_floor"]
                and r["server"] == "consul"]
    if compared:
        picture("ratios", ratios(compared), folder)


def picture(name, text, folder):
    for ending, terminal in TERMINALS:
        path = os.path.join(folder, f"{name}.{ending}")
        script = f"set terminal {terminal}\nset output '{path}'\n{text}"
        done = subprocess.run(["gnuplot"], input=script, capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise Failed(f"gnuplot, {name}: {done.stderr.strip()[:300]}")
        if ending == "svg":  # gnuplot writes blanks at the end of lines
            with open(path, encoding="utf-8") as file:
                lines = [line.rstrip() for line in file]
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")


def growth(title, rows):
    """A line for each subject and server, with the lowest and highest run."""
    lines = {}
    for row in rows:
        label = row["subject"]
        if row["server"] != "consul":
            label += f" ({row['server']})"
        lines.setdefault(label, []).append((row["n"], row["median"], row["low"], row["high"]))
    data, plots = "", []
    for number, (label, points) in enumerate(sorted(lines.items())):
        rows_text = "\n".join(" ".join(str(v) for v in p) for p in sorted(points))
        data += f"$line{number} << END\n{rows_text}\nEND\n"
        colour = COLOURS.get(label.split()[0], "#000000")
        dash = 2 if "(" in label else 1
        style = f"lc rgb '{colour}' lw 2 dt {dash} pt 7 ps 0.8"
        plots.append(f"$line{number} using 1:2 with linespoints {style} title '{label}'")
        plots.append(f"$line{number} using 1:2:3:4 with yerrorbars {style} notitle")
    return (f"{data}set title '{title}'\nset logscale xy\nset xlabel 'elections'\nset grid\n"
            "set key outside right top\nset format y '%g'\nset format x '%.0f'\n"
            "set xrange [5:200000]\n"
            f"plot {', '.join(plots)}\n")


def ratios(rows):
    """tenure's medians as multiples of the floor: a bar to the left of 1 is faster than the floor.
    A cross marks the target."""
    order = [p[1] for p in PICTURES]
    rows = sorted(rows, key=lambda r: (order.index(r["bench"]), 0 if r["case"] else r["n"]))
    lines, ticks = [], []
    for place, row in enumerate(reversed(rows)):
        limit = next((t["target"].split()[2] for t in row["targets"]
                      if t["target"].startswith("median") and "floor" in t["target"]), "NaN")
        lines.append(f"{row['ratio_to_floor']} {place} {limit}")
        name = " ".join(f"{row['bench']} {row['case']} n={row['n']:,}".split())
        ticks.append(f"'{name}' {place}".replace("_", " "))
    text = "\n".join(lines)
    return (f"$ratios << END\n{text}\nEND\n"
            "set title 'tenure as a multiple of the floor, medians'\nset style fill solid 0.9\n"
            f"set ytics ({', '.join(ticks)})\nset grid x\nset logscale x\nset format x '%g'\n"
            f"set yrange [-0.7:{len(rows) - 0.3}]\nset arrow from 1, graph 0 to 1, graph 1 nohead"
            " lc rgb '#888888' lw 2\nset key outside bottom center horizontal\n"
            "plot $ratios using 1:2:(1):1:($2-0.35):($2+0.35) with boxxyerror"
            f" lc rgb '{COLOURS['tenure']}' title 'tenure', $ratios using 3:2 with points pt 2"
            " ps 1.2 lw 2 lc rgb '#dd181f' title 'target'\n")


def group_of(row):
    """The label of a group of bars, in lines."""
    words = row["case"].split(", ")
    if row["bench"] in ("failover", "groups") and len(words) == 1:
        words.append(f"{row['n']} contending")
    return "\\n".join(words)


def bars(title, rows):
    """A group for each case, a bar for each subject, with the lowest and highest run."""
    rows = [r for r in rows if r["server"] == "consul"] or rows
    groups = list(dict.fromkeys(group_of(row) for row in rows))
    subjects = list(dict.fromkeys(row["subject"] for row in rows))
    beside = {g: [s for s in subjects if any(r["subject"] == s and group_of(r) == g for r in rows)]
              for g in groups}
    width = 0.8 / max(len(names) for names in beside.values())

    def place(row):
        names = beside[group_of(row)]
        aside = names.index(row["subject"]) - (len(names) - 1) / 2
        return groups.index(group_of(row)) + aside * width

    text, plots = "", []
    for number, subject in enumerate(subjects):
        lines = "\n".join(f"{place(r):.3f} {r['median']} {r['low']} {r['high']}"
                          for r in rows if r["subject"] == subject)
        text += f"$bar{number} << END\n{lines}\nEND\n"
        plots.append(f"$bar{number} using 1:2 with boxes lc rgb"
                     f" '{COLOURS.get(subject, '#000000')}' title '{subject}'")
        plots.append(f"$bar{number} using 1:2:3:4 with yerrorbars lc rgb '#333333' ps 0 notitle")
    ticks = ", ".join(f'"{g}" {i}' for i, g in enumerate(groups))
    return (f"{text}set title '{title}'\nset boxwidth {width * 0.9:.3f}\nset style fill solid 0.9\n"
            f"set logscale y\nset grid y\nset xtics font ',10' ({ticks})\nset bmargin 5\n"
            f"set format y '%g'\nset xrange [-0.6:{len(groups) - 0.4}]\n"
            f"set key top left\nplot {', '.join(plots)}\n")
