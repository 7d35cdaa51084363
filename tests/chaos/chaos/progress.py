"""How far a run is: a bar on a terminal, lines elsewhere."""

import sys
import time


class Progress:
    def __init__(self, out=sys.stderr):
        self.out = out
        self.terminal = out.isatty()
        self.next_line = 0.0

    def phase(self, text):
        self.out.write(("\r\033[K" if self.terminal else "") + text + "\n")
        self.out.flush()

    def show(self, text, part):
        now = time.monotonic()
        if now < self.next_line:
            return
        if self.terminal:
            self.next_line = now + 0.2
            done = int(part * 40)
            self.out.write(f"\r\033[K[{'#' * done}{'.' * (40 - done)}] {text}")
        else:
            self.next_line = now + 30
            self.out.write(f"{part:4.0%} {text}\n")
        self.out.flush()
