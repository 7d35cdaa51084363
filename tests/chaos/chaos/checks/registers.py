"""Whether the history of a register is linearizable: some order of its operations, in which each
takes effect between its begin and its end, explains what every read returned.

Each value is written once. Then this is decided in n log n (Gibbons and Korach, 1997): the
operations of a value are a cluster; from the first end within it to the last begin the register
must have that value (a forward zone), or, if the first end is the later one, it had that value at
some moment between them (a backward zone). The history is linearizable if and only if no forward
zones overlap, no backward zone lies within a forward one, no value is read that was not written,
and no read ended before the write of its value began."""

import collections
from dataclasses import dataclass

NEVER = 1 << 62


@dataclass
class Write:
    value: str
    fence: int
    begin: int
    end: int = NEVER
    result: str = "unknown"  # ok, refused (nothing happened), unknown


@dataclass
class Read:
    begin: int
    end: int
    value: str
    fence: int = 0


def parse(lines):
    """{register: (writes, reads)} of lines of chaos_replica."""
    found = collections.defaultdict(lambda: ({}, []))
    for line in lines:
        word = line.split()
        if len(word) < 3 or not word[0].isdigit():
            continue
        at, what, register = int(word[0]), word[1], word[2]
        if what == "invoke":
            found[register][0][word[4]] = Write(word[4], int(word[3]), at)
        elif what == "write" and word[3] in found[register][0]:
            write = found[register][0][word[3]]
            write.end = NEVER if word[4] == "unknown" else at
            write.result = word[4]
        elif what == "read":
            fence, value = (int(word[4]), word[5]) if len(word) > 5 else (0, "-")
            found[register][1].append(Read(int(word[3]), at, value, fence))
    return {name: (list(writes.values()), reads) for name, (writes, reads) in found.items()}


def violations(register, writes, reads):
    """What is wrong with a history; the initial value is "-"."""
    wrong = []
    cluster = {"-": [(-2, -1)]}
    for write in writes:
        if write.result != "refused":
            cluster[write.value] = [(write.begin, write.end)]
    refused = {w.value for w in writes if w.result == "refused"}
    for read in reads:
        if read.value in refused:
            wrong.append((read.end, f"{register}: {read.value} was refused, and read"))
        elif read.value not in cluster:
            wrong.append((read.end, f"{register}: {read.value} was read, and never written"))
        elif read.end < cluster[read.value][0][0]:
            wrong.append((read.end, f"{register}: {read.value} was read before its write began"))
        else:
            cluster[read.value].append((read.begin, read.end))
    forward, backward = [], []
    for value, operations in cluster.items():
        first_end = min(end for _, end in operations)
        last_begin = max(begin for begin, _ in operations)
        if first_end >= NEVER:
            continue  # never read, and perhaps never written
        if first_end < last_begin:
            forward.append((first_end, last_begin, value))
        else:
            backward.append((last_begin, first_end, value))
    forward.sort()
    for one, other in zip(forward, forward[1:]):
        if other[0] < one[1]:
            wrong.append((other[0], f"{register}: both {one[2]} and {other[2]} at one time"))
    wrong += within(register, forward, backward)
    return wrong + late(register, writes)


def silent(names, history):
    """The registers of which nothing was accepted, or nothing read: they were not checked."""
    wrong = []
    for name in names:
        writes, reads = history.get(name, ((), ()))
        if not any(w.result == "ok" for w in writes):
            wrong.append((0, f"{name}: no write was accepted"))
        if not reads:
            wrong.append((0, f"{name}: nothing was read"))
    return wrong


def within(register, forward, backward):
    """Backward zones that lie within a forward one."""
    import bisect
    begins = [f[0] for f in forward]
    wrong = []
    for begin, end, value in backward:
        place = bisect.bisect_left(begins, begin) - 1
        if place >= 0 and end < forward[place][1]:
            wrong.append((begin, f"{register}: {value} while it was {forward[place][2]}"))
    return wrong


def late(register, writes):
    """Writes that were accepted after one of a later fence was."""
    wrong = []
    done = sorted((w for w in writes if w.result == "ok"), key=lambda w: w.end)
    newest, place = 0, 0
    for write in sorted(done, key=lambda w: w.begin):
        while place < len(done) and done[place].end < write.begin:
            newest = max(newest, done[place].fence)
            place += 1
        if write.fence < newest:
            wrong.append((write.begin, f"{register}: {write.value} was accepted under fence "
                                       f"{write.fence}, after a write under {newest}"))
    return wrong


def split(writes, reads, restores):
    """The history between restores of a backup, each part with its own operations. A restore, from
    its begin to its end, may put any old value back: each part's first values may be any that were
    written before."""
    parts = []
    edges = [(-1, -1), *restores, (NEVER, NEVER)]
    for (_, begin), (end, _) in zip(edges, edges[1:]):
        inside = [w for w in writes if begin <= w.begin < end]
        old = {w.value for w in writes if w.begin < begin} | {"-"}
        fresh = [Write(w.value, w.fence, w.begin, w.end if w.end < end else NEVER,
                       w.result if w.end < end else "unknown") for w in inside]
        known = {w.value for w in inside}
        kept = [r for r in reads if begin <= r.begin and r.end < end
                and (r.value in known or r.value not in old or begin < 0)]
        parts.append((fresh, kept))
    return parts
