#!/usr/bin/env python3
"""The checks of the chaos runs, on histories that are written by hand: each finds what is wrong,
and nothing else."""

import os
import random
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]

from chaos.checks import flat, peace, registers, terms, ticks  # noqa: E402
from chaos.checks.registers import Read, Write  # noqa: E402
from chaos.checks.terms import Operation, Term  # noqa: E402

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
        self.assertEqual([], peace.grown(samples, (10, 40)))
        samples["a@r1", 2].append((60, 90 * m, 90, 9))
        self.assertEqual(2, len(peace.grown(samples, (10, 40))))
        samples["a@r1", 2] = [(20, 10 * m, 20, 81)]
        self.assertEqual(1, len(peace.grown(samples, (10, 40))))


class History:
    """A ledger of one job whose ticks all succeeded."""
    name, last, open = "job", 5, []

    def __init__(self, ticks_):
        self.records = [{"tick": t, "state": "finished", "ending": "succeeded"} for t in ticks_]

    def by_tick(self):
        return {t: [r for r in self.records if r["tick"] == t] for t in range(1, 6)}

    def runs(self):
        return [r["tick"] for r in self.records]


class TicksTest(unittest.TestCase):
    def wrong(self, ran, recorded, forgotten=()):
        return [len(x) for x in ticks.violations(ran, {"job": History(recorded)}, forgotten)]

    def test_ticks(self):
        ran = {("job", t): [7] for t in range(1, 6)}
        self.assertEqual([0, 0], self.wrong(ran, range(1, 6)))
        self.assertEqual([2, 0], self.wrong(ran, [1, 2, 4, 5]))  # missing, and ran nevertheless
        twice = {**ran, ("job", 3): [7, 9]}
        self.assertEqual([1, 0], self.wrong(twice, range(1, 6)))
        self.assertEqual([0, 1], self.wrong(twice, range(1, 6), [(2, 4)]))
        del ran["job", 2]
        self.assertEqual([1, 0], self.wrong(ran, range(1, 6)))


class FlatTest(unittest.TestCase):
    def test_growth(self):
        m = flat.MIB

        def rows(memory, files):
            return {("a@r1", 1): [(t, memory(t), files(t), 9) for t in range(100)]}
        self.assertEqual([], flat.growth(rows(lambda t: 90 * m, lambda t: 20), 20, 100))
        self.assertEqual(2, len(flat.growth(rows(lambda t: (90 + t) * m, lambda t: 20 + t), 20,
                                            100)))

    def test_sessions(self):
        self.assertEqual([], flat.sessions([(t, 9) for t in range(10)], 3))
        self.assertTrue(flat.sessions([(t, 9 + 3 * t) for t in range(10)], 3))
        self.assertTrue(flat.sessions([], 3))


if __name__ == "__main__":
    unittest.main()
