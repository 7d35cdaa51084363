"""What must stay flat in a soak: memory, descriptors, sessions."""

MIB = 1 << 20


def middle(values):
    return sorted(values)[len(values) // 2]


def growth(samples, begin, end, most_part=0.1, most_bytes=8 * MIB, most_descriptors=10):
    """What grew from the first quarter of the time to the last. `samples`: {(program, start):
    [(second, bytes, descriptors, connections)]}."""
    wrong = []
    quarter = (end - begin) / 4
    for (name, _), rows in samples.items():
        first = [r for r in rows if begin <= r[0] < begin + quarter]
        last = [r for r in rows if end - quarter <= r[0] < end]
        if not first or not last:
            continue
        before, after = middle([r[1] for r in first]), middle([r[1] for r in last])
        if after > before * (1 + most_part) + most_bytes:
            wrong.append(f"{name}: memory grew from {before // MIB} to {after // MIB} MiB")
        before, after = middle([r[2] for r in first]), middle([r[2] for r in last])
        if after > before + most_descriptors:
            wrong.append(f"{name}: descriptors grew from {before} to {after}")
    return wrong


def sessions(counts, programs, spare=8):
    """Whether sessions pile up. `counts`: [(second, number)]; each program has one for its
    elections and one for each candidate of a semaphore."""
    if not counts:
        return ["the sessions were never counted"]
    half = counts[len(counts) // 2:]
    most = 3 * programs + spare
    return [f"{number} sessions at {second:.0f} s" for second, number in half if number > most][:5]
