"""Terms, as the programs wrote them down, and the rules that hold for them."""

import collections
from dataclasses import dataclass

SECOND = 1_000_000_000


@dataclass
class Term:
    key: str
    fence: int
    begin: int       # nanoseconds of the boot clock
    until: int       # when its lease or its work was over
    entered: int = 0  # when its candidate began to watch the key; 0: unknown
    name: str = ""   # of the machine
    again: bool = False  # its work began more than once, as that of a supervised command does


@dataclass
class Operation:
    """What an operator did to a key ("" is all of them), and between which times."""
    kind: str
    key: str
    begin: int
    end: int
    saved: int = 0   # of a restore: when the snapshot was taken
    ahead: float = 0.0  # of a restore: by how many seconds the wall clock was ahead then


def terms_of(lines):
    """The terms in lines of chaos_replica and chaos_work, in the order of their begins."""
    found = {}
    for line in lines:
        word = line.split()
        if len(word) < 4 or not word[0].isdigit() or not word[3].isdigit():
            continue
        at, what, key, fence = int(word[0]), word[1], word[2], int(word[3])
        term = found.get((key, fence))
        if what == "begin":
            until, entered = (int(word[4]), int(word[5])) if len(word) > 6 else (at, 0)
            if term is not None:
                term.again = True
                term.until = max(term.until, until)
            else:
                found[key, fence] = Term(key, fence, at, until, entered, word[-1])
        elif term is None:
            continue
        elif what == "lease":
            term.until = max(term.until, int(word[4]))
        elif what == "beat":
            term.until = max(term.until, at)
        elif what == "end":
            term.until = min(term.until, at) if term.entered else max(term.until, at)
    return sorted(found.values(), key=lambda t: t.begin)


def of_ledger(shard, lines, clocks=None):
    """The terms in the ledger of a shard, whose lines are "STEP FENCE NAME NANOSECONDS": from their
    first step to their last. `clocks`: {name: the Clock by which it wrote}."""
    found, clocks = {}, clocks or {}
    for line in lines:
        _, fence, name, shown = line.split()
        at = clocks[name].true(int(shown)) if name in clocks else int(shown)
        term = found.setdefault(int(fence), Term(shard, int(fence), at, at, 0, name))
        term.until = at
        term.again = term.again or term.name != name
    return list(found.values())


def shared(terms):
    """Violations: a fence under which two leaders worked, in ledgers."""
    return [(t.begin, f"{t.key}: two leaders worked under fence {t.fence}") for t in terms
            if t.again]


def by_key(terms):
    found = collections.defaultdict(list)
    for term in terms:
        found[term.key].append(term)
    return found


def excused(term, operations, reach):
    """The operation for which the design promises no more than the fence: a candidate that did not
    see the key held before the operation."""
    for one in operations:
        seen_before = term.entered and term.entered < one.begin - 5 * SECOND
        if one.key in ("", term.key) and one.begin <= term.begin <= one.end + reach and \
                not (seen_before and one.key):
            return one
    return None


def overlaps(terms, operations, reach):
    """(violations, excused): no two terms of a key at one time. `reach`: for how long after an
    operation a term of before may last, in nanoseconds."""
    wrong, allowed = [], []
    for key, rows in by_key(terms).items():
        last = None
        for term in rows:
            if last is not None and term.begin < last.until:
                why = excused(term, operations, reach)
                text = (f"{key}: the term of fence {term.fence} began "
                        f"{(last.until - term.begin) / 1e6:.1f} ms before the end of that of "
                        f"fence {last.fence}")
                (allowed if why else wrong).append((term.begin, text + (f" ({why.kind})"
                                                                        if why else "")))
            if last is None or term.until > last.until:
                last = term
    return wrong, allowed


def fences(terms):
    """Violations: a term that begins after the end of another has the greater fence, and none is
    used twice. The fences of slots that are held together may have any order."""
    wrong = []
    for key, rows in by_key(terms).items():
        ended, place, newest = sorted(rows, key=lambda t: t.until), 0, 0
        for term in rows:
            while place < len(ended) and ended[place].until <= term.begin:
                newest = max(newest, ended[place].fence)
                place += 1
            if term.fence <= newest:
                wrong.append((term.begin, f"{key}: fence {term.fence} after {newest}"))
        wrong += [(t.begin, f"{key}: fence {t.fence} belongs to two terms")
                  for t in rows if t.again and t.entered]
    return wrong


def slots(terms, most, operations, reach):
    """(violations, excused): never more than `most` holders of a semaphore at one time."""
    wrong, allowed = [], []
    for key, rows in by_key(terms).items():
        held = []
        for term in rows:
            held = [h for h in held if h.until > term.begin] + [term]
            if len(held) <= most:
                continue
            why = excused_slot(term, operations, reach)
            text = f"{key}: {len(held)} holders of {most} slots: fences " + \
                   ", ".join(str(h.fence) for h in held)
            (allowed if why else wrong).append((term.begin, text))
    return wrong, allowed


def excused_slot(term, operations, reach):
    """Operations on any key of the semaphore."""
    prefix = term.key.rpartition("/")[0] + "/"
    near = [Operation(o.kind, term.key if o.key.startswith(prefix) else o.key, o.begin, o.end)
            for o in operations]
    return excused(term, near, reach)
