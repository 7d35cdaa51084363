"""The timeline of a run as SVG: faults, who led, how many elections had a leader, violations."""

from xml.sax.saxutils import escape

WIDTH, LEFT, ROW = 1500, 150, 16
COLOURS = {"r1": "#4477aa", "r2": "#228833", "r3": "#ccbb44"}
OTHER = "#aa3377"
PLOT = 80  # the height of the curve


class Picture:
    def __init__(self, seconds):
        self.seconds = max(seconds, 1.0)
        self.parts = []
        self.y = 30

    def x(self, second):
        return LEFT + (WIDTH - LEFT - 10) * min(max(second / self.seconds, 0), 1)

    def text(self, x, y, text, more=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(text)}</text>')

    def bar(self, begin, end, colour, title, height=ROW - 4):
        x = self.x(begin)
        width = max(self.x(end) - x, 1.5)
        self.parts.append(f'<rect x="{x:.1f}" y="{self.y + 2}" width="{width:.1f}" '
                          f'height="{height}" fill="{colour}">'
                          f'<title>{escape(title)}</title></rect>')

    def heading(self, text):
        self.y += 8
        self.text(4, self.y + 12, text, 'font-weight="bold"')
        self.y += ROW + 2

    def row(self, label, bars):
        """bars: (begin, end, colour, title)."""
        self.text(4, self.y + 12, label)
        for one in bars:
            self.bar(*one)
        self.y += ROW

    def line(self, points, most, colour, title):
        """A stepped line of (second, value), in the plot that step() ends."""
        path, low = [], self.y + PLOT
        for second, value in points:
            x, y = self.x(second), low - (PLOT - 6) * value / max(most, 1)
            path.append(f"{'H' if path else 'M'} {x:.1f}{' V' if path else ' '}{y:.1f}")
        self.parts.append(f'<path d="{" ".join(path)}" fill="none" stroke="{colour}">'
                          f'<title>{escape(title)}</title></path>')

    def step(self):
        self.y += PLOT + 4

    def axis(self):
        steps = (5, 10, 30, 60, 300, 600, 1800)
        step = next((s for s in steps if self.seconds / s <= 25), steps[-1])
        for second in range(0, int(self.seconds) + 1, step):
            x = self.x(second)
            self.parts.insert(0, f'<line x1="{x:.1f}" x2="{x:.1f}" y1="20" y2="{self.y}" '
                                 'stroke="#ddd"/>')
            self.text(x, 14, f"{second} s", 'text-anchor="middle"')

    def marks(self, seconds, colour):
        for second, title in seconds:
            x = self.x(second)
            self.parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="20" y2="{self.y}" '
                              f'stroke="{colour}"><title>{escape(title)}</title></line>')

    def svg(self):
        self.axis()
        body = "\n".join(self.parts)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{self.y + 10}" '
                f'font-family="sans-serif" font-size="11">\n'
                f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n')


def leading(terms, began, most_points=1500):
    """How many terms run, as (second, number)."""
    changes = sorted([(t.begin / 1e9 - began, 1) for t in terms] +
                     [(t.until / 1e9 - began, -1) for t in terms])
    points, number = [(0.0, 0)], 0
    for second, change in changes:
        number += change
        points.append((second, number))
    step = max(1, len(points) // most_points)
    return points[::step] + points[-1:]


def draw(run, seconds):
    """The picture of a whole run, of so many seconds."""
    picture = Picture(seconds)
    picture.heading("faults")
    lanes = {}
    for begin, end, kind, target in run.shown:
        lanes.setdefault(target, []).append((begin - run.began, end - run.began, OTHER, kind))
    for lane in sorted(lanes):
        picture.row(lane, lanes[lane])
    picture.heading("leaders: " + ", ".join(f"{n} {c}" for n, c in COLOURS.items()))
    by_key = {}
    for term in run.commands + run.terms:
        by_key.setdefault(term.key, []).append(
            (term.begin / 1e9 - run.began, term.until / 1e9 - run.began,
             COLOURS.get(term.name, OTHER), f"{term.name}, fence {term.fence}"))
    wrong = {text.split(":")[0] for _, _, text in run.wrong}
    keys = [k for k in by_key if k in wrong][:20]
    keys += [k for k in by_key if not k.startswith("chaos/e/") and k not in keys]
    keys += [f"chaos/e/{i}" for i in range(12) if f"chaos/e/{i}" in by_key]
    for key in dict.fromkeys(keys):
        picture.row(key, by_key[key])
    if run.terms:
        picture.heading(f"elections with a leader, of {run.sizes.elections}")
        picture.line(leading(run.terms, run.began), run.sizes.elections, "#333", "leases")
        picture.step()
    picture.marks([(at, f"{check}: {text}") for check, at, text in run.wrong if at > 0], "#e00")
    return picture.svg()
