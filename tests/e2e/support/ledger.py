"""The ledger of apps/scheduler: a file for each shard, a line for each step."""

import os


class Step:
    def __init__(self, line):
        number, fence, self.name, time = line.split()
        self.number, self.fence, self.time = int(number), int(fence), int(time) / 1e9


class Ledger:
    def __init__(self, folder):
        self.folder = folder
        os.mkdir(folder)

    def steps(self):
        """The steps of every shard, in the order in which they were written."""
        found = {}
        for shard in os.listdir(self.folder):
            with open(os.path.join(self.folder, shard), encoding="utf-8") as file:
                found[shard] = [Step(line) for line in file if line.endswith("\n")]
        return found

    def check_one_at_a_time(self, case):
        """The terms of a shard do not overlap: steps are numbered without gaps, and fences grow."""
        for shard, steps in self.steps().items():
            case.assertEqual(list(range(1, len(steps) + 1)), [s.number for s in steps], shard)
            for before, after in zip(steps, steps[1:]):
                if before.name == after.name:
                    case.assertLessEqual(before.fence, after.fence, shard)
                else:
                    case.assertLess(before.fence, after.fence, shard)
                case.assertLess(before.time, after.time, shard)
