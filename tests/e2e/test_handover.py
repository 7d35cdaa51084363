#!/usr/bin/env python3
"""Two `tenure run`, a curl script after Consul's guide and `consul lock` contend for one key: in
200 hand-overs no two of them run at the same time, and each gets its turn."""

import collections
import os

from support import cases, consul, marks
from support.processes import MARK, TENURE, wait_until

HAND_OVERS = 200
CURL_CANDIDATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "curl_candidate.sh")


class HandOverTest(cases.ServerCase):
    def read(self):
        return marks.read(self.zoo.path("marks"))

    def loop(self, *command):
        """Starts a shell that repeats a command."""
        script = 'while :; do "$@"; code=$?; [ $code = 0 ] || echo "ended with $code"; done'
        return self.start("sh", "-c", script, "loop", *command, cwd=self.folder)

    def test_no_two_at_the_same_time(self):
        self.key = "e2e/hand-over/.lock"
        mark = [MARK, self.zoo.path("marks")]
        tenure = [TENURE, "run", "--span", "500ms", "--ttl", "10s", "--lock-delay", "1s"]
        loops = [
            self.loop(*tenure, "--value", "tenure-a", self.key, "--", *mark, "tenure-a", 20),
            self.loop(*tenure, "--value", "tenure-b", self.key, "--", *mark, "tenure-b", 40),
            self.loop(consul.program(), "lock", "-child-exit-code", "-shell=false",
                      "e2e/hand-over", *mark, "consul-lock", 20),
            self.start("sh", CURL_CANDIDATE, self.key, *mark, "curl", 20, cwd=self.folder),
        ]
        names = {"tenure-a", "tenure-b", "consul-lock", "curl"}

        def hand_overs():
            begins = marks.of(self.read(), "begin")
            return [(a, b) for a, b in zip(begins, begins[1:]) if a.name != b.name]

        def enough():
            each = collections.Counter(second.name for _, second in hand_overs())
            return sum(each.values()) >= HAND_OVERS and all(each[name] >= 5 for name in names)

        wait_until(enough, seconds=150, pause=0.2, what=f"{HAND_OVERS} hand-overs")
        self.assertEqual([], [p.number for p in loops if p.poll() is not None])
        all_marks = self.read()
        self.assertEqual([], marks.overlaps(all_marks))

        fences = [int(m.fence) for m in marks.of(all_marks, "begin") if m.fence != "-"]
        self.assertEqual(sorted(set(fences)), fences)
        for process in loops:
            self.assertEqual(("", ""), (self.zoo.output(process), self.zoo.errors(process)))

        counts = collections.Counter(m.name for m in marks.of(all_marks, "begin"))
        pauses = sorted(b.time - self.end_of(all_marks, a) for a, b in hand_overs())
        seconds = all_marks[-1].time - all_marks[0].time
        print(f"\n{len(hand_overs())} hand-overs in {seconds:.1f} s, terms {dict(counts)}, "
              f"pause between two commands: median {pauses[len(pauses) // 2] * 1e3:.1f} ms, "
              f"longest {pauses[-1] * 1e3:.0f} ms")

    @staticmethod
    def end_of(all_marks, begin):
        return max(m.time for m in all_marks if m.pid == begin.pid)


if __name__ == "__main__":
    cases.main(needs_consul=True)
