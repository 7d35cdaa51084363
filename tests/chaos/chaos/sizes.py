"""How large a run is, by the cores of this machine."""

import os

from .programs import SPAN


class Sizes:
    def __init__(self, programs, elections=None):
        cores = os.cpu_count() or 1
        self.programs = programs
        self.elections = elections or 100 * min(cores, 4)
        self.registers = 8
        self.life = 60           # seconds for which a term's work lasts, on average
        self.span = SPAN         # of the replicas with many elections
        self.slack = 60 if cores < 4 else 30
        # A session dies within 20 s, a successor waits for a span, moves settle; and the machine is
        # busy.
        self.bound = 45 + self.slack
