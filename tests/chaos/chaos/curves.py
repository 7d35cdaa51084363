"""The picture of a soak as SVG: memory, descriptors, connections and sessions over time."""

from .timeline import COLOURS, OTHER, Picture
from .usage import total

KINDS = [("memory, MiB", 1, 1 << 20), ("descriptors", 2, 1), ("connections", 3, 1)]


def draw(run, seconds):
    picture = Picture(seconds)
    names = sorted({name for name, _ in run.usage.samples})
    for title, place, unit in KINDS:
        lines = {name: [(second, value / unit)
                        for second, value in total(run.usage.samples, name, place)]
                 for name in names}
        most = max([value for points in lines.values() for _, value in points], default=1)
        picture.heading(f"{title}, at most {most:.0f}")
        for name, points in lines.items():
            picture.line(points, most, COLOURS.get(name.partition("@")[2], OTHER), name)
        picture.step()
    most = max([number for _, number in run.sessions], default=1)
    picture.heading(f"sessions, at most {most}")
    picture.line(run.sessions, most, "#333", "sessions")
    picture.step()
    picture.heading("servers replaced")
    picture.row("", [(begin - run.began, end - run.began, OTHER, f"{kind}: {name}")
                     for begin, end, kind, name in run.shown])
    return picture.svg()
