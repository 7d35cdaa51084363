"""What must stay flat in a soak: memory, descriptors, sessions."""

MIB = 1 << 20


def middle(values):
    return sorted(values)[len(values) // 2]


def growth(samples, begin, end, names, most_part=0.1, most_bytes=8 * MIB, most_descriptors=10):
    """What grew from the first quarter of the time to the last, of the programs of these names, and
    which were not measured in both: each runs from the begin to the end. `samples`: {(program,
    start): [(second, bytes, descriptors, connections)]}."""
    measured = {name for name, _ in samples}
    wrong = [f"{name}: its use was never measured" for name in names if name not in measured]
    quarter = (end - begin) / 4
    for (name, _), rows in samples.items():
        first = [r for r in rows if begin <= r[0] < begin + quarter]
        last = [r for r in rows if end - quarter <= r[0] < end]
        if not first or not last:
            wrong.append(f"{name}: its use was not measured in the "
                         f"{'last' if first else 'first'} quarter of the time")
            continue
        before, after = middle([r[1] for r in first]), middle([r[1] for r in last])
        if after > before * (1 + most_part) + most_bytes:
            wrong.append(f"{name}: memory grew from {before // MIB} to {after // MIB} MiB")
        before, after = middle([r[2] for r in first]), middle([r[2] for r in last])
        if after > before + most_descriptors:
            wrong.append(f"{name}: descriptors grew from {before} to {after}")
    return wrong


def sessions(counts, begin, end, programs, spare=8):
    """Whether sessions pile up in the second half of the time. `counts`: [(second, number)]; each
    program has one for its elections and one for each candidate of a semaphore."""
    most, quarter = 3 * programs + spare, (end - begin) / 4
    wrong = []
    for name, first in (("third", begin + 2 * quarter), ("last", begin + 3 * quarter)):
        rows = [(second, number) for second, number in counts if first <= second < first + quarter]
        if not rows:
            wrong.append(f"the sessions were not counted in the {name} quarter of the time")
        wrong += [f"{number} sessions at {second:.0f} s" for second, number in rows
                  if number > most][:3]
    return wrong
