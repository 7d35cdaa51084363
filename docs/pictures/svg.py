"""As much of SVG as the pictures of the docs need: boxes, arrows and text, in one style."""
from xml.sax.saxutils import escape

INK, GREY, PAPER = "#1f2430", "#5c6370", "#ffffff"
BLUE, GREEN, AMBER, RED, SLATE = "#dfe9fb", "#d8efe0", "#fdeecb", "#f8d9d6", "#e9ebf0"
EDGE = {BLUE: "#3465b4", GREEN: "#0a6640", AMBER: "#a86a00", RED: "#b3261e", SLATE: "#7a8190"}
FONT = "font-family=\"system-ui, 'DejaVu Sans', 'Segoe UI', sans-serif\""


class Picture:
    def __init__(self, width: int, height: int, title: str):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" {FONT}>',
            f"<title>{escape(title)}</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8Z" fill="{GREY}"/>'
            "</marker></defs>",
            f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
        ]

    def text(self, x, y, words, size=13, colour=INK, anchor="start", bold=False, mono=False):
        style = ' font-weight="600"' if bold else ""
        if mono:
            style += " style=\"font-family:ui-monospace,'DejaVu Sans Mono',monospace\""
        self.parts.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" '
                          f'text-anchor="{anchor}"{style}>{escape(words)}</text>')

    def rect(self, x, y, width, height, fill, radius=5, dashed=False):
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
                          f'rx="{radius}" fill="{fill}" stroke="{EDGE.get(fill, GREY)}"{dash}/>')

    def box(self, x, y, width, height, fill, name, lines=(), mono=True):
        """A box with a name and some small lines below it."""
        self.rect(x, y, width, height, fill)
        middle = x + width / 2
        top = y + (height - 17 - 15 * len(lines)) / 2 + 13
        self.text(middle, top, name, 13, anchor="middle", bold=True, mono=mono)
        for number, line in enumerate(lines, 1):
            self.text(middle, top + 16 * number, line, 11, GREY, "middle")

    def line(self, points, dashed=False, tip=True, both=False, colour=GREY):
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        ends = ' marker-end="url(#tip)"' if tip else ""
        ends += ' marker-start="url(#tip)"' if both else ""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                          f'stroke-width="1.4"{dash}{ends}/>')

    def done(self) -> str:
        return "\n".join([*self.parts, "</svg>"]) + "\n"
