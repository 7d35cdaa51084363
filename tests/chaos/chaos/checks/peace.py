"""What must be so when the faults are over, and what must be gone after the end."""


def unled(keys, entries, sessions):
    """The elections without a living leader. `entries`: {key: (value, session)}; `sessions`: those
    that live."""
    found = []
    for key in keys:
        value, session = entries.get(key, ("", None))
        if not session or session not in sessions or not value:
            found.append(key)
    return found


def idle(terms, wanted, begin, end):
    """The keys at which too few work in peace, between two times. `wanted`: {key: number of
    terms}."""
    found = {}
    for term in terms:
        if term.begin < end and term.until > begin:
            found[term.key] = found.get(term.key, 0) + 1
    return [f"{key}: {found.get(key, 0)} terms in the calm after the faults, of {number}"
            for key, number in wanted.items() if found.get(key, 0) < number]


def silent(ran, jobs, begin, end):
    """The jobs of tenure-cron of which no tick ran between two times. `ran`: {(job, tick): ...}"""
    heard = {job for job, tick in ran if begin <= tick <= end}
    return [f"{job}: no tick ran in the calm after the faults" for job in jobs if job not in heard]


def unbalanced(report, elections, members):
    """What is wrong with a group of so many members, as `tenure group --json` prints it."""
    wrong = []
    if len(report["members"]) != members:
        wrong.append(f"{len(report['members'])} of {members} members are there")
    if report.get("free") or report.get("foreign"):
        wrong.append(f"{report['free']} elections are free, {report['foreign']} foreign")
    for member in report["members"]:
        if member["leads"] != member["share"] or member["gives"] or member["gets"]:
            wrong.append(f"{member['name']} leads {member['leads']}, its share is "
                         f"{member['share']}")
    leads = [m["leads"] for m in report["members"]]
    if sum(leads) != elections:
        wrong.append(f"the members lead {sum(leads)} of {elections}")
    if leads and max(leads) - min(leads) > 1 and not report.get("drained"):
        wrong.append(f"equal members lead {leads}")
    return wrong


def left_behind(sessions, held, contenders, processes):
    """What the programs left in Consul and on the machine after their end."""
    wrong = [f"a session is left: {s}" for s in sessions]
    wrong += [f"a key is held: {k}" for k in held]
    wrong += [f"a key of a member, contender or hand-over is left: {k}" for k in contenders]
    return wrong + [f"a process is left: {p}" for p in processes]


MIB = 1 << 20


def grown(samples, calm, names, most_bytes=24 * MIB, most_descriptors=24, most_connections=80):
    """What the programs of these names use too much of, and which were not measured. `samples`:
    {(program, start): [(second, bytes, descriptors, connections)]}; `calm`: (second, second),
    before the faults and after them. In the second calm no program may use more than any program of
    its kind did in the first, plus what fragments and pools keep; and no program ever has more
    connections than its limit."""
    before, after, wrong = {}, {}, []
    for (name, _), rows in samples.items():
        for second, *use in rows:
            if second < calm[0]:
                kind = name.partition("@")[0]
                before[kind] = [max(pair) for pair in zip(before.get(kind, use), use)]
            elif second > calm[1]:
                after[name] = use
            if use[2] > most_connections:
                wrong.append(f"{name} had {use[2]} connections to Consul at {second:.0f} s")
    for name in names:
        kind = name.partition("@")[0]
        if kind not in before or name not in after:
            when = "before the faults" if kind not in before else "in the calm after the faults"
            wrong.append(f"{name}: its use was not measured {when}")
            continue
        memory, files, _ = after[name]
        if memory > before[kind][0] + most_bytes:
            wrong.append(f"{name}: memory grew from {before[kind][0] // MIB} to "
                         f"{memory // MIB} MiB")
        if files > before[kind][1] + most_descriptors:
            wrong.append(f"{name}: descriptors grew from {before[kind][1]} to {files}")
    return wrong
