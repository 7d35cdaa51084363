"""handover.svg: three ways in which leadership passes from one process to another, to scale.

Every time is computed by the rules of lib/core/lease/lease_rules.hpp; nothing is measured.
"""
from svg import AMBER, BLUE, GREEN, GREY, RED, Picture

TITLE = "Three hand-overs: a clean release, a lost session, a crash"

SPAN, LIVENESS = 10.0, 1.0
MARGIN = max(0.05, SPAN / 50)
STOP_BUDGET = min(5.0, SPAN / 3)
LEASE = SPAN - SPAN / 100 - MARGIN          # from the send time of the last proof
STOP = LEASE - STOP_BUDGET
LOST = 1.2                                  # the session is destroyed, that long after the proof

LEFT, SCALE, END = 190, 58, 13.0


def at(seconds: float) -> float:
    return LEFT + seconds * SCALE


def seconds(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") + " s"


class Lanes:
    """Two processes, one above the other."""

    def __init__(self, picture: Picture, y: int, title: str, why: str):
        self.picture, self.y = picture, y
        picture.text(16, y, title, 15, bold=True)
        picture.text(16, y + 18, why, 12, GREY)
        for row, name in enumerate(("A", "B")):
            top = self.top(row)
            picture.text(LEFT - 14, top + 17, f"process {name}", 13, anchor="end")
            picture.line([(LEFT, top + 26), (at(END), top + 26)], tip=False, colour="#d4d7de")

    def top(self, row: int) -> int:
        return self.y + 42 + row * 40

    def bar(self, row: int, start: float, end: float, fill: str, words: str = ""):
        self.picture.rect(at(start), self.top(row), at(end) - at(start), 24, fill, radius=3)
        if words:
            self.picture.text((at(start) + at(end)) / 2, self.top(row) + 16, words, 11,
                              anchor="middle")

    def mark(self, time: float, words: str, anchor: str = "middle", drop: int = 0):
        bottom = self.top(1) + 32
        self.picture.line([(at(time), self.top(0) - 4), (at(time), bottom)], dashed=True, tip=False)
        self.picture.text(at(time), bottom + 13 + drop, words, 11, GREY, anchor)


def draw() -> str:
    p = Picture(960, 590, TITLE)
    p.text(16, 26, f"span {seconds(SPAN)}, stop budget {seconds(STOP_BUDGET)}, "
                   f"margin {seconds(MARGIN)}", 12, GREY)
    for number, (fill, words) in enumerate([(GREEN, "leads, works"), (AMBER, "is stopping"),
                                            (RED, "does not act"), (BLUE, "quarantine")]):
        p.rect(430 + number * 132, 14, 16, 16, fill, radius=3)
        p.text(452 + number * 132, 27, words, 12)

    one = Lanes(p, 66, "Clean release", "A's work returns and A releases the key. B sees an empty "
                "value, so it need not wait: it leads after a few milliseconds.")
    one.mark(4, "A releases: the value is empty")
    one.bar(0, 0, 4, GREEN, "leads")
    one.bar(1, 4, END, GREEN, "leads")

    two = Lanes(p, 238, "Lost without notice", "A is cut off from Consul, then its session is "
                "destroyed. A stops by its clock; B waits one span from when it saw the key free.")
    two.mark(0, "R: last proof sent", "start")
    two.mark(LOST, f"O: seen free, {seconds(LOST)}", "start", drop=14)
    two.mark(STOP, f"stop_at(), {seconds(STOP)}")
    two.mark(LEASE, f"lease ends, {seconds(LEASE)}")
    two.mark(LOST + SPAN, f"B leads, {seconds(LOST + SPAN)}", drop=14)
    two.bar(0, 0, STOP, GREEN, "leads; does not know yet")
    two.bar(0, STOP, LEASE, AMBER, "body is cancelled")
    two.bar(0, LEASE, END, RED, "holds() is false")
    two.bar(1, LOST, LOST + SPAN, BLUE, f"quarantine: one span, {seconds(SPAN)}")
    two.bar(1, LOST + SPAN, END, GREEN, "leads")

    three = Lanes(p, 424, f"Crash, with liveness {seconds(LIVENESS)}", "A is killed right after a "
                  "heartbeat. The check turns critical, Consul frees the key, B waits one span.")
    three.mark(0, "killed", "start")
    three.mark(LIVENESS, f"seen free, {seconds(LIVENESS)}", "start", drop=14)
    three.mark(LIVENESS + SPAN, f"B leads, {seconds(LIVENESS + SPAN)}")
    three.bar(0, 0, 0.02, RED)
    three.bar(1, LIVENESS, LIVENESS + SPAN, BLUE, f"quarantine: one span, {seconds(SPAN)}")
    three.bar(1, LIVENESS + SPAN, END, GREEN, "leads")
    return p.done()
