/* What ends each step: the assertion, and what keeps the model finite. Nothing here decides
 * anything: a sceptic may take it away (and the bound on the states with it).
 *
 * Indexes. A candidate compares an index only with others that it knows itself, and Consul only
 * with the key's present one. So each candidate has its own numbers: PRESENT is the key's index,
 * below that 1 is the lowest that it knows, 2 the next. CreateIndexes are numbered likewise.
 */
#define map_index(x) if :: x > 0 && x < PRESENT -> map[x] = 1 :: else fi
#define renumber(x) if :: x < PRESENT -> x = map[x] :: else fi
#define demote(x) if :: x == PRESENT -> x = PRESENT - 1 :: else fi
#ifdef MISSING
#define copy(to, from) to.index = from.index; to.holder = from.holder; to.clean = from.clean; \
  to.exists = from.exists; to.born = from.born
#define copy_key(to) to.index = PRESENT; to.holder = (key.holder == FREE -> FREE : (key.holder == own -> OWN : OTHER)); to.clean = key.clean; \
  to.exists = key.exists; to.born = (key.exists -> PRESENT : 0)
#define clear(s) s.index = 0; s.holder = FREE; s.clean = 0; s.exists = 0; s.born = 0
#else
#define copy(to, from) to.index = from.index; to.holder = from.holder; to.clean = from.clean
#define copy_key(to) to.index = PRESENT; to.holder = (key.holder == FREE -> FREE : (key.holder == own -> OWN : OTHER)); to.clean = key.clean
#define clear(s) s.index = 0; s.holder = FREE; s.clean = 0
#endif

/* Each write to the key: what was the present index is an older one. Requests that name it are
 * refused from now on, whenever they arrive; the sender learns of it by the answer or by a read. */
inline next_index() {
  for (j : 0 .. N - 1) {
    demote(c[j].seen.index);
    demote(c[j].answer.index);
    demote(c[j].watched.index);
    demote(c[j].claim_index);
    demote(c[j].guard);
    demote(c[j].proof_guard);
#if defined(WRITES) && !defined(WRITE_BY_SESSION)
    c[j].writing = 0;
#endif
#ifndef CLAIM_WITHOUT_INDEX
    if :: c[j].late == CLAIM && !c[j].late_missing -> c[j].late = IDLE :: else fi;
#endif
#ifndef RELEASE_WITHOUT_INDEX
    if :: c[j].late == RELEASE || c[j].late == HAND -> c[j].late = IDLE :: else fi;
#endif
  }
}

#ifdef LEASE_FROM_ARRIVAL
#define PROOF_USELESS(j) 0
#else
#define PROOF_USELESS(j) c[j].proof_age >= c[j].proven
#endif
#define clear_late(j) c[j].late_clean = 0; c[j].late_missing = 0; c[j].late_recipient = 0

/* An answer that is outdated is gone, and values that decide nothing any more become equal. */
inline forget() {
  for (j : 0 .. N - 1) {
    if
    :: (c[j].request == CLAIM_DONE || c[j].request == RELEASE_DONE) && c[j].known &&
       c[j].answer.index < c[j].seen.index ->
       clear(c[j].answer)
    :: else
    fi;
    if
    :: c[j].late != IDLE && !alive[j] -> c[j].late = IDLE
    :: else
    fi;
    if :: c[j].late == IDLE -> clear_late(j) :: else fi;
    if
    :: c[j].watching && c[j].known && c[j].watched.index <= c[j].seen.index ->
       c[j].watching = 0; clear(c[j].watched); c[j].watch_age = 0
    :: else
    fi;
    if
    :: c[j].stage == NONE ->
       c[j].guard = 0; c[j].began = 0; c[j].lost = 0;
       if :: !c[j].claiming -> c[j].quarantine = SPAN :: else fi
    :: c[j].stage == LEADING -> c[j].quarantine = SPAN
    :: else
    fi;
    if
    :: !c[j].claiming -> c[j].claim_index = 0; c[j].reply_lost = 0
    :: c[j].claiming && c[j].claim_index != PRESENT &&
       !(c[j].watching && c[j].watched.index == c[j].claim_index) ->
       c[j].claim_index = 0
    :: else
    fi;
    if
    :: !c[j].working && c[j].stage != PENDING && c[j].stage != LEADING -> c[j].proven = SPAN
    :: else
    fi;
    if
    :: c[j].proof_guard != c[j].guard || c[j].stage == OVER || PROOF_USELESS(j) ->
       c[j].proof_guard = 0; c[j].proof_age = 0
    :: else
    fi;
    if :: c[j].seen.holder != OWN -> c[j].passed = 0 :: else fi;
    if
    :: c[j].seen.holder != FREE -> c[j].free_age = SPAN; c[j].seen.clean = 0
    :: else -> c[j].seen.clean = 0
    fi;
    if
    :: c[j].request == IDLE -> clear(c[j].answer); c[j].request_age = 0
    :: c[j].request == RELEASE_DONE -> c[j].request_age = 0
    :: else
    fi;
#ifdef MISSING
    if
    :: !c[j].claiming ->
       c[j].claim_missing = 0; c[j].claim_unclean = 0; c[j].contested = 0
    :: else
    fi;
    if :: c[j].seen.holder != FREE -> c[j].clean = 0; c[j].placeholder = 0 :: else fi;
#endif
#ifdef WRITES
    if :: c[j].writing && !alive[j] -> c[j].writing = 0 :: else fi;
    if :: !c[j].writing -> c[j].write_failed = 0; c[j].write_current = 0 :: else fi;
#endif
  }
}

inline renumber_all() {
  for (j : 0 .. N - 1) {
    for (k : 0 .. PRESENT) { map[k] = 0 }
    map_index(c[j].seen.index);
    map_index(c[j].answer.index);
    map_index(c[j].watched.index);
    map_index(c[j].claim_index);
    map_index(c[j].guard);
    rank = 0;
    for (k : 1 .. PRESENT - 1) { if :: map[k] -> rank++; map[k] = rank :: else fi }
    assert(rank < PRESENT - 1);
    renumber(c[j].seen.index);
    renumber(c[j].answer.index);
    renumber(c[j].watched.index);
    renumber(c[j].claim_index);
    renumber(c[j].guard);
    renumber(c[j].proof_guard);
#ifdef MISSING
    for (k : 0 .. PRESENT) { map[k] = 0 }
    map_index(c[j].seen.born);
    map_index(c[j].answer.born);
    map_index(c[j].watched.born);
    rank = 0;
    for (k : 1 .. PRESENT - 1) { if :: map[k] -> rank++; map[k] = rank :: else fi }
    renumber(c[j].seen.born);
    renumber(c[j].answer.born);
    renumber(c[j].watched.born);
#endif
  }
}

/* THE ASSERTION: at most one candidate acts as leader. */
inline done() {
  d_step {
  holders = 0;
  for (j : 0 .. N - 1) { if :: acts(j) -> holders++ :: else fi }
  if :: holders > 1 -> printf("TWO LEADERS\n") :: else fi;
  assert(holders <= 1);
  forget();
  renumber_all();
  for (k : 0 .. PRESENT) { map[k] = 0 }
  order = 0; rank = 0; holders = 0; k = 0; j = 0
  }
}

/* A new session of its candidate: what shows the older one shows another from now on. */
#define retire(s) if :: s.holder == OWN -> s.holder = OTHER :: else fi
