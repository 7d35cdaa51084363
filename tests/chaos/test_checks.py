#!/usr/bin/env python3
"""The checks of the chaos runs, on histories that are written by hand: each finds what is wrong,
and nothing else."""

import os
import random
import signal
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]

from chaos import programs  # noqa: E402
from chaos.checks import ends, flat, peace, registers, terms, ticks  # noqa: E402
from chaos.checks.ends import End  # noqa: E402
from chaos.checks.registers import Read, Write  # noqa: E402
from chaos.checks.terms import Operation, Term  # noqa: E402
from support import cron_history  # noqa: E402
from support.clocks import Clock  # noqa: E402

S = terms.SECOND


def texts(rows):
    return [text for _, text in rows]


class TermsTest(unittest.TestCase):
    def test_reads_leases(self):
        found = terms.terms_of([
            "100 begin k 7 500 50 r1", "200 lease k 7 900", "garbled", "300 lease other 9 1",
            "700 end k 7", "800 begin k 9 1200 60 r2"])
        self.assertEqual([Term("k", 7, 100, 700, 50, "r1"), Term("k", 9, 800, 1200, 60, "r2")],
                         found)

    def test_reads_commands(self):
        found = terms.terms_of(["100 begin k 7 r1", "200 beat k 7 r1", "250 end k 7 r1",
                                "300 begin k 7 r1", "310 beat k 7 r1"])
        self.assertEqual([Term("k", 7, 100, 310, 0, "r1", True)], found)

    def test_overlap(self):
        rows = [Term("k", 1, 0, 10, 1), Term("k", 2, 9, 20, 1), Term("other", 3, 5, 30, 1)]
        self.assertEqual(1, len(terms.overlaps(rows, [], 0)[0]))
        rows[0].until = 9
        self.assertEqual(([], []), terms.overlaps(rows, [], 0))

    def test_overlap_with_one_before_the_last(self):
        rows = [Term("k", 1, 0, 100, 1), Term("k", 2, 50, 60, 1), Term("k", 3, 99, 120, 1)]
        self.assertEqual(2, len(terms.overlaps(rows, [], 0)[0]))

    def test_an_operation_excuses_newcomers_alone(self):
        forced = [Operation("key deleted", "k", 100 * S, 101 * S)]
        rows = [Term("k", 1, 90 * S, 110 * S, 1 * S), Term("k", 2, 102 * S, 120 * S, 99 * S)]
        self.assertEqual((0, 1), tuple(map(len, terms.overlaps(rows, forced, 12 * S))))
        rows[1].entered = 50 * S  # it has seen the key held
        self.assertEqual((1, 0), tuple(map(len, terms.overlaps(rows, forced, 12 * S))))
        rows[1].entered = 99 * S
        forced[0].key = "other"
        self.assertEqual((1, 0), tuple(map(len, terms.overlaps(rows, forced, 12 * S))))

    def test_fences(self):
        rows = [Term("k", 5, 0, 1, 1), Term("k", 6, 2, 3, 1)]
        self.assertEqual([], terms.fences(rows))
        rows[1].fence = 4
        self.assertEqual(["k: fence 4 after 5"], texts(terms.fences(rows)))
        self.assertEqual(["k: fence 5 belongs to two terms"],
                         texts(terms.fences([Term("k", 5, 0, 1, 1, "r1", True)])))

    def test_ledger_of_a_shard(self):
        rows = terms.of_ledger("s", ["1 7 r1 100", "2 7 r1 200", "3 9 r2 300"])
        self.assertEqual([Term("s", 7, 100, 200, 0, "r1"), Term("s", 9, 300, 300, 0, "r2")], rows)
        self.assertEqual([], terms.shared(rows))
        slow = Clock(os.devnull, 0, -4500)
        slow.since = 1_000_000_000
        after = slow.since + round(7200e9 * (1 - 0.0045))  # two true hours later
        rows = terms.of_ledger("s", [f"1 7 r1 {after}", f"2 9 r2 {after}"], {"r1": slow})
        self.assertAlmostEqual(slow.since + 7200e9, rows[0].begin, delta=10)
        self.assertEqual(after, rows[1].begin)
        rows = terms.of_ledger("s", ["1 7 r1 100", "2 7 r2 200"])
        self.assertEqual(["s: two leaders worked under fence 7"], texts(terms.shared(rows)))

    def test_slots(self):
        rows = [Term("s", n, n, 10, 1) for n in range(3)]
        self.assertEqual([], terms.slots(rows, 3, [], 0)[0])
        self.assertEqual(1, len(terms.slots(rows, 2, [], 0)[0]))
        rows[0].until = 2
        self.assertEqual([], terms.slots(rows, 2, [], 0)[0])


class RegistersTest(unittest.TestCase):
    def wrong(self, writes, reads):
        return texts(registers.violations("r", writes, reads))

    def test_linearizable(self):
        writes = [Write("a", 1, 0, 10, "ok"), Write("b", 1, 5, 20, "ok")]
        self.assertEqual([], self.wrong(writes, [Read(1, 2, "-"), Read(6, 9, "b", 1),
                                                 Read(11, 30, "a", 1)]))

    def test_stale_read(self):
        writes = [Write("a", 1, 0, 10, "ok"), Write("b", 1, 20, 30, "ok")]
        self.assertEqual(1, len(self.wrong(writes, [Read(40, 50, "a", 1)])))

    def test_value_comes_back(self):
        writes = [Write("a", 1, 0, 100, "ok"), Write("b", 1, 0, 100, "ok")]
        reads = [Read(1, 2, "a"), Read(3, 4, "b"), Read(5, 6, "a")]
        self.assertTrue(self.wrong(writes, reads))
        self.assertEqual([], self.wrong(writes, reads[:2]))

    def test_refused_write_is_read(self):
        self.assertEqual(1, len(self.wrong([Write("a", 1, 0, 10, "refused")], [Read(20, 30, "a")])))

    def test_unknown_write_lands_or_not(self):
        unknown = Write("b", 1, 10)
        first = Write("a", 1, 0, 5, "ok")
        self.assertEqual([], self.wrong([first, unknown], [Read(100, 110, "b")]))
        self.assertEqual([], self.wrong([first, unknown], [Read(100, 110, "a")]))
        self.assertTrue(self.wrong([first, unknown], [Read(100, 110, "b"), Read(120, 130, "a")]))

    def test_write_of_an_old_fence(self):
        writes = [Write("new", 7, 0, 10, "ok"), Write("old", 5, 20, 30, "ok")]
        self.assertEqual(1, len(self.wrong(writes, [])))
        writes[1].result = "refused"
        self.assertEqual([], self.wrong(writes, []))

    def test_a_restore_splits_the_history(self):
        writes = [Write("a", 1, 0, 10, "ok"), Write("b", 1, 20, 30, "ok")]
        reads = [Read(60, 70, "a", 1)]
        self.assertTrue(self.wrong(writes, reads))
        for part in registers.split(writes, reads, [(40, 50)]):
            self.assertEqual([], self.wrong(*part))

    def test_silent(self):
        history = {"r": ([Write("a", 1, 0, 10, "ok")], [Read(1, 2, "-")]),
                   "s": ([Write("a", 1, 0, 10, "refused"), Write("b", 1, 20)], [])}
        self.assertEqual([], registers.silent(["r"], history))
        self.assertEqual(["s: no write was accepted", "s: nothing was read",
                          "t: no write was accepted", "t: nothing was read"],
                         texts(registers.silent(["r", "s", "t"], history)))

    def test_random_histories(self):
        """Histories of a real register pass; with one read changed to an older value that was
        surely overwritten they fail."""
        chance = random.Random(7)
        for _ in range(300):
            writes, reads, now, value = [], [], 0, "-"
            order = []
            for n in range(20):
                now += chance.randrange(5, 20)
                begin, end = now - chance.randrange(5), now + chance.randrange(5)
                if chance.random() < 0.5:
                    value = f"v{n}"
                    writes.append(Write(value, 1, begin, end, "ok"))
                    order.append(value)
                else:
                    reads.append(Read(begin, end, value))
            self.assertEqual([], self.wrong(writes, reads))
            if len(order) > 1 and reads and reads[-1].value == order[-1]:
                reads[-1].value = order[0]
                reads[-1].begin += 100
                reads[-1].end += 110
                self.assertTrue(self.wrong(writes, reads))


class PeaceTest(unittest.TestCase):
    def test_unled(self):
        entries = {"a": ("r1", "s1"), "b": ("", None), "c": ("r2", "dead")}
        self.assertEqual(["b", "c", "d"], peace.unled("abcd", entries, {"s1"}))

    def test_unbalanced(self):
        def member(name, leads, share, gives=0):
            return {"name": name, "leads": leads, "share": share, "gives": gives, "gets": 0}
        good = {"members": [member("a", 4, 4), member("b", 4, 4)]}
        self.assertEqual([], peace.unbalanced(good, 8, 2))
        self.assertTrue(peace.unbalanced(good, 9, 2))
        self.assertTrue(peace.unbalanced(good, 8, 3))
        self.assertTrue(peace.unbalanced({"members": [member("a", 6, 4), member("b", 2, 4)]}, 8,
                                         2))
        self.assertTrue(peace.unbalanced({"members": [member("a", 8, 8)], "free": 1,
                                          "foreign": 0}, 8, 1))
        self.assertTrue(peace.unbalanced({"members": [member("a", 7, 7), member("b", 1, 1)]}, 8,
                                         2))

    def test_idle_and_silent(self):
        rows = [Term("k", 1, 0, 50, 1), Term("k", 2, 40, 90, 1)]
        self.assertEqual([], peace.idle(rows, {"k": 2}, 45, 60))
        self.assertEqual(1, len(peace.idle(rows, {"k": 2}, 55, 60)))
        self.assertEqual(1, len(peace.idle(rows, {"other": 1}, 0, 60)))
        self.assertEqual(["b: no tick ran in the calm after the faults"],
                         peace.silent({("a", 5): [1], ("b", 2): [1]}, ["a", "b"], 4, 9))

    def test_left_behind(self):
        self.assertEqual([], peace.left_behind([], [], [], []))
        self.assertEqual(4, len(peace.left_behind(["s"], ["k"], ["m"], ["p"])))

    def test_grown(self):
        m = peace.MIB
        samples = {("a@r1", 1): [(5, 10 * m, 20, 9)], ("a@r1", 2): [(50, 12 * m, 25, 9)]}
        self.assertEqual([], peace.grown(samples, (10, 40), ["a@r1"]))
        samples["a@r1", 2].append((60, 90 * m, 90, 9))
        self.assertEqual(2, len(peace.grown(samples, (10, 40), ["a@r1"])))
        samples["a@r1", 2] = [(50, 10 * m, 20, 81)]
        self.assertEqual(1, len(peace.grown(samples, (10, 40), ["a@r1"])))

    def test_not_measured(self):
        samples = {("a@r1", 1): [(5, 1, 20, 9), (50, 1, 20, 9)], ("a@r2", 1): [(5, 1, 20, 9)],
                   ("b@r1", 1): [(50, 1, 20, 9)]}
        self.assertEqual(["a@r2: its use was not measured in the calm after the faults",
                          "b@r1: its use was not measured before the faults"],
                         peace.grown(samples, (10, 40), ["a@r1", "a@r2", "b@r1"]))


def history_of(recorded, written=None):
    """A ledger of one job whose ticks all succeeded."""
    records = [{"tick": t, "state": "finished", "ending": "succeeded"} for t in recorded]
    return cron_history.History("job", {
        "last": 5, "recent": records, "records": len(records) if written is None else written}, {})


class TicksTest(unittest.TestCase):
    def wrong(self, ran, recorded, forgotten=(), written=None):
        histories = {"job": history_of(recorded, written)}
        return [len(x) for x in ticks.violations(ran, histories, forgotten)]

    def test_ticks(self):
        ran = {("job", t): [7] for t in range(1, 6)}
        self.assertEqual([0, 0], self.wrong(ran, range(1, 6)))
        self.assertEqual([2, 0], self.wrong(ran, [1, 2, 4, 5]))  # missing, and ran nevertheless
        twice = {**ran, ("job", 3): [7, 9]}
        self.assertEqual([1, 0], self.wrong(twice, range(1, 6)))
        self.assertEqual([0, 1], self.wrong(twice, range(1, 6), [(2, 4)]))
        del ran["job", 2]
        self.assertEqual([1, 0], self.wrong(ran, range(1, 6)))

    def test_a_ledger_that_begins_late(self):
        ran = {("job", t): [7] for t in range(1, 6)}
        self.assertEqual([2, 0], self.wrong(ran, [3, 4, 5]))
        self.assertEqual([1, 1], self.wrong(ran, [3, 4, 5], [(2, 2)]))  # a restored snapshot
        self.assertEqual([5, 0], self.wrong(ran, []))

    def test_a_ledger_that_keeps_the_newest(self):
        ran = {("job", t): [7] for t in range(-ticks.HISTORY, 6)}
        recorded = range(6 - ticks.HISTORY, 6)
        self.assertEqual([0, 0], self.wrong(ran, recorded, written=len(ran)))
        self.assertEqual([1, 0], self.wrong(ran, recorded[1:], written=len(ran)))

    def test_no_ledger(self):
        ran = {("job", 1): [7], ("other", 1): [7]}
        self.assertEqual(["other: it ran, and has no document in the ledger"],
                         [t for t in texts(ticks.violations(ran, {"job": history_of([1])})[0])
                          if t.startswith("other")])
        self.assertEqual(1, len(ticks.violations(ran, None)[0]))


class FlatTest(unittest.TestCase):
    def test_growth(self):
        m = flat.MIB

        def rows(memory, files):
            return {("a@r1", 1): [(t, memory(t), files(t), 9) for t in range(100)]}
        flat_rows = rows(lambda t: 90 * m, lambda t: 20)
        self.assertEqual([], flat.growth(flat_rows, 20, 100, ["a@r1"]))
        self.assertEqual(2, len(flat.growth(rows(lambda t: (90 + t) * m, lambda t: 20 + t), 20,
                                            100, ["a@r1"])))
        self.assertEqual(["b@r1: its use was never measured"],
                         flat.growth(flat_rows, 20, 100, ["a@r1", "b@r1"]))
        flat_rows["a@r1", 1] = flat_rows["a@r1", 1][:70]
        self.assertEqual(["a@r1: its use was not measured in the last quarter of the time"],
                         flat.growth(flat_rows, 20, 100, ["a@r1"]))

    def test_sessions(self):
        self.assertEqual([], flat.sessions([(t, 9) for t in range(10)], 0, 10, 3))
        self.assertTrue(flat.sessions([(t, 9 + 3 * t) for t in range(10)], 0, 10, 3))
        self.assertEqual(2, len(flat.sessions([(t, 9) for t in range(5)], 0, 10, 3)))
        self.assertEqual(["the sessions were not counted in the last quarter of the time"],
                         flat.sessions([(t, 9) for t in range(7)], 0, 10, 3))


class EndsTest(unittest.TestCase):
    def test_documented(self):
        for name, code, asked in (("lock@r1", 0, False), ("lock@r1", 70, False),
                                  ("lock@r1", 137, False), ("run@r1", 69, False),
                                  ("run@r1", 143, True), ("cron@r2", 0, True),
                                  ("sidecar@r3", 75, True), ("elections@r1", 0, True),
                                  ("guest@r1", -signal.SIGTERM, True)):
            self.assertEqual("", ends.crash(name, End(0, code, asked)), name)

    def test_crash(self):
        for name, code, asked in (("cron@r1", -signal.SIGABRT, False),
                                  ("cron@r1", -signal.SIGKILL, False),  # not by a fault
                                  ("cron@r1", -signal.SIGSEGV, True), ("cron@r1", 0, False),
                                  ("cron@r1", -signal.SIGTERM, False), ("run@r1", 0, False),
                                  ("lock@r1", 134, False), ("elections@r1", 0, False),
                                  ("sidecar@r1", 75, False), ("scheduler@r1", 71, True)):
            self.assertIn(name + " ended", ends.crash(name, End(0, code, asked)))

    def test_every_program_has_its_codes(self):
        self.assertLessEqual(set(programs.PROGRAMS), set(ends.CODES))

    def test_broken(self):
        named, unnamed = "error zygote died zygote=7", "error guardian died, killing its command"
        self.assertEqual([], ends.broken("run@r1", [named, unnamed, "info fine"], [7, 8]))
        self.assertEqual(1, len(ends.broken("run@r1", [named], [8])))
        self.assertEqual(1, len(ends.broken("run@r1", [named, named], [7, 8])))
        self.assertEqual(1, len(ends.broken("run@r1", [unnamed, unnamed], [8])))
        self.assertEqual(1, len(ends.broken("run@r1", [unnamed + " guardian=9"], [8])))
        self.assertEqual(1, len(ends.broken(
            "run@r1", ["tenure: invariant violated: it holds (core.cpp:7)"], [])))


if __name__ == "__main__":
    unittest.main()
