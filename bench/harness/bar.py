"""How far a long run is: a bar at the bottom of a terminal."""

import os
import sys
import time

CELLS = 24


class Bar:
    """Stands in for the output of the lines, so that they push the bar down. The bar is on standard
    error, and only if that is a terminal; a run without one has its lines."""

    def __init__(self, out, what, total, err=None):
        self.out, self.what, self.total = out, what, total
        self.err = err or sys.stderr
        self.done = 0
        self.current = ""
        self.began = time.monotonic()
        self.wanted = self.err.isatty() and os.environ.get("TERM") != "dumb"
        self.drawn = False

    def begin(self, done, current):
        """`done` units are done, and `current` begins."""
        self.done, self.current = done, current
        self._draw()

    def write(self, text):
        self._clear()
        self.out.write(text)
        if text.endswith("\n"):
            self.out.flush()
            self._draw()

    def flush(self):
        self.out.flush()

    def close(self):
        self._clear()
        self.wanted = False

    def _clear(self):
        if self.drawn:
            self.err.write("\r\x1b[K")
            self.err.flush()
            self.drawn = False

    def _draw(self):
        seconds = time.monotonic() - self.began
        if not self.wanted or seconds < 1:
            return
        full = CELLS * self.done // max(1, self.total)
        line = (f"{self.what}: [{'#' * full}{'.' * (CELLS - full)}] {self.done} of {self.total}, "
                f"{self.current}, {seconds:.0f} s")
        try:
            width = os.get_terminal_size(self.err.fileno()).columns
        except OSError:
            width = 80
        self.err.write("\r" + line[:(width or 80) - 1] + "\x1b[K")
        self.err.flush()
        self.drawn = True
