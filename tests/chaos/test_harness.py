#!/usr/bin/env python3
"""What the chaos runs remember of processes that end, and of faults that hit nothing."""

import contextlib
import os
import signal
import sys
import tempfile
import types
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]

from chaos import faults, plan, programs, report  # noqa: E402, F401
from chaos.run import Run  # noqa: E402
from chaos.servers import Cluster  # noqa: E402
from support.processes import wait_until, whole_lines  # noqa: E402


class ProgramTest(unittest.TestCase):
    """What a program remembers of its ends, with a process that does as it is told."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        machine = types.SimpleNamespace(name="r1", host=types.SimpleNamespace(prefix=[]))
        self.program = programs.Program(
            "cron", machine, [sys.executable, "-c", "import time; time.sleep(60)"], {}, folder.name)
        self.program.start()
        self.addCleanup(self.program.kill)

    def codes(self):
        return [(end.code, end.asked) for end in self.program.ends]

    def test_killed_by_a_fault(self):
        self.assertTrue(self.program.kill())
        self.program.stop(9)
        self.assertEqual([], self.codes())

    def test_ends_by_itself(self):
        self.program.process.send_signal(signal.SIGABRT)
        self.program.process.wait(9)
        self.program.revive()
        self.assertEqual([(-signal.SIGABRT, False)], self.codes())
        self.assertTrue(self.program.running())
        self.assertEqual(-signal.SIGTERM, self.program.stop(9))
        self.assertEqual((-signal.SIGTERM, True), self.codes()[-1])

    def test_ends_before_a_fault(self):
        for fault in (self.program.kill, lambda: self.program.stop(9)):
            self.program.start()
            self.program.process.send_signal(signal.SIGSEGV)
            self.program.process.wait(9)
            fault()
        self.assertEqual([(-signal.SIGSEGV, False)] * 2, self.codes())

    def test_aborts_as_it_ends(self):
        self.program.kill()
        # It minds SIGTERM, which would end it before the signal that waits for it.
        self.program.argv[2] = "import signal, time\n" \
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" \
            "print('ready', flush=True)\n" \
            "time.sleep(60)"
        self.program.start()
        wait_until(lambda: whole_lines(self.program.log), what="the process to be ready")
        self.program.pause()
        self.program.process.send_signal(signal.SIGABRT)
        self.program.stop(9)
        self.assertEqual([(-signal.SIGABRT, True)], self.codes())


class FaultsTest(unittest.TestCase):
    def setUp(self):
        self.run_ = Run("folder", 1, 1.0, None, None)
        self.run_.over.set()
        self.addCleanup(plan.KINDS.pop, "planned by the test", None)

    def play(self, *begin):
        plan.fault("planned by the test", 1, "cluster")(*begin)
        self.run_._play(plan.Fault(0.0, 0.0, "planned by the test", (), 0))

    def test_counts(self):
        def hits(run, f):
            yield

        def misses_at_once(run, f):
            raise plan.Missed
            yield

        def misses_at_the_end(run, f):
            yield
            raise plan.Missed
        for begin in (hits, misses_at_once, misses_at_the_end):
            self.play(begin)
        self.assertEqual(({"planned by the test": 1}, {"planned by the test": 2}, []),
                         (self.run_.counts, self.run_.missed, self.run_.wrong))
        self.run_.kinds = plan.possible(True)
        lines = report.counts_of(self.run_)
        self.assertEqual("     1  planned by the test (2 hit nothing)", lines[0])
        self.assertIn("never hit: 429, agent killed", lines[-1])
        self.assertNotIn("planned", lines[-1])

    def test_what_a_machine_allows(self):
        names = {one: [kind.name for kind in plan.possible(one)] for one in (True, False)}
        self.assertIn("raft leader cut off", names[True])
        self.assertEqual(set(names[True]) - set(names[False]),
                         {kind.name for kind in plan.KINDS.values() if kind.apart})

    def test_servers_are_steady_during_a_restore(self):
        faults = plan.make(7, 7200, 3, 3, ["elections", "cron", "run"], True)
        restores = [f.at + f.seconds for f in faults if f.kind == "snapshot restored"]
        self.assertGreater(len(restores), 3)
        for one in (f for f in faults if plan.KINDS[f.kind].target == "server"):
            for end in restores:
                begin = end - plan.STEADY_BEFORE
                self.assertTrue(one.at + one.seconds <= begin or one.at >= end + plan.STEADY_AFTER,
                                f"{one.kind} at {one.at} s, restore at {end} s")

    def play_with(self, kind, *answers):
        """Plays a fault before a server that gives these answers, and tells its requests."""
        left, asked = list(answers), []

        def request(method, path, body=None, **query):
            asked.append((method, path, body))
            return left.pop(0)
        server = types.SimpleNamespace(running=lambda: True, client=types.SimpleNamespace(
            request=request))
        self.run_.cluster = Cluster([server], [])
        self.run_.tokens = types.SimpleNamespace(lock=contextlib.nullcontext())
        self.run_.machines = []
        self.run_._play(plan.Fault(0.0, 0.0, kind, (), 0))
        self.assertEqual([], self.run_.wrong)
        return asked

    def test_a_snapshot(self):
        kind, leads = "snapshot restored", ("GET", "/v1/catalog/nodes", None)
        get, put = ("GET", "/v1/snapshot", None), ("PUT", "/v1/snapshot", b"old")
        self.assertEqual([leads, leads, get, put], self.play_with(
            kind, (500, {}, b"No cluster leader"), (200, {}, b"[]"), (200, {}, b"old"),
            (200, {}, b"")))
        self.assertEqual((1, 0), (self.run_.counts[kind], self.run_.missed[kind]))
        self.assertEqual([leads, get, put, put], self.play_with(
            kind, (200, {}, b"[]"), (200, {}, b"old"), (500, {}, b"leadership lost"),
            (200, {}, b"")))
        self.assertEqual((2, 0), (self.run_.counts[kind], self.run_.missed[kind]))
        self.assertEqual(["", ""], [one.key for one in self.run_.operations])

    def test_an_operator(self):
        kind, held = "key deleted", b'[{"Key": "chaos/run", "Session": "s"}]'
        self.assertEqual(("DELETE", "/v1/kv/chaos/run", None), self.play_with(
            kind, (200, {}, held), (200, {}, b"true\n"))[-1])
        self.assertEqual((1, 0), (self.run_.counts[kind], self.run_.missed[kind]))
        self.play_with(kind, (200, {}, held), (500, {}, b"No cluster leader"))
        self.assertEqual((1, 1), (self.run_.counts[kind], self.run_.missed[kind]))
        self.play_with(kind, (200, {}, b"[]"))
        self.assertEqual((1, 2), (self.run_.counts[kind], self.run_.missed[kind]))
        self.assertEqual(["chaos/run"] * 2, [one.key for one in self.run_.operations])

    def test_a_fault_that_fails(self):
        def fails(run, f):
            raise OSError
            yield
        self.run_.began = 0.0
        self.play(fails)
        self.assertEqual(["harness"], [check for check, _, _ in self.run_.wrong])
        self.assertFalse(self.run_.counts or self.run_.missed)


if __name__ == "__main__":
    unittest.main()
