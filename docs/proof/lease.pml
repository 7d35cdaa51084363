/* One election as a model for Spin: N candidates, Consul, an operator and a clock.
 *
 * What may happen at any moment: a session dies, a candidate crashes and comes back without a
 * memory, an answer arrives late or never, a request is carried out long after its sender gave it
 * up, the operator releases, overwrites or (MISSING) deletes the key.
 *
 * There is no bound on the number of events. Time is kept as ages in ticks, which stop to count at
 * a span; indexes and sessions are renumbered after each step (tidy.pml). So the model is finite,
 * and Spin visits all of it.
 *
 * Variants: HAND_OVER (a group), MISSING (sessions that delete their key), WRITES (guarded writes
 * of a leader). A rule is left out by its name, -DNO_QUARANTINE for one: the list is in rules.tsv.
 */
#ifndef N
#define N 2
#endif
#define SPAN 2            /* ticks */
#define OVER_SPAN SPAN    /* an age of a span or more */
#define NEVER (SPAN + 1)  /* a quarantine without an end */

/* The holder of a key as a candidate sees it: its present session, or any other. */
#define FREE 0
#define OWN 1
#define OTHER 2

/* The key's index at this moment; older ones are below it (tidy.pml). */
#define PRESENT 7

/* Stages (core::stage). stopping is part of LEADING: the model's leader may be proved longer. */
#define NONE 0
#define PENDING 1
#define LEADING 2
#define OVER 3

/* The request whose answer is on the way; at most one (candidate::busy_). And what may be late. */
#define IDLE 0
#define CLAIM_DONE 1
#define RELEASE_DONE 2
#define CLAIM 1
#define RELEASE 2
#define HAND 3

/* observation_order */
#define OUTDATED 0
#define SAME 1
#define NEWER 2

/* What an answer shows of the key (core::key_observation). */
typedef sight {
  unsigned index : 3;
  unsigned holder : 2;
  bit clean;  /* an empty value with the flags of locks, as a clean release leaves it */
#ifdef MISSING
  bit exists;
  unsigned born : 3;  /* CreateIndex */
#endif
}

typedef key_state {
  unsigned holder : 3;  /* 1 to N: the present session of that candidate; above: an old one */
  bit clean;
  bit exists;
}

typedef candidate_state {
  bit has_session;
  /* core::key_history */
  bit known;
  sight seen;
  bit passed;
  unsigned free_age : 2;  /* since it was seen free; a span if it is clean */
  /* candidate::open_claim */
  bit claiming;
  unsigned claim_index : 3;
  bit reply_lost;
  /* candidate::held_lock and core::term_lease */
  unsigned stage : 2;
  unsigned guard : 3;
  unsigned quarantine : 2;  /* its age; of the open claim, then of the lock */
  bit began;
  bit lost;
  bit working;
  unsigned proven : 2;  /* age of the sending of the last proof */
  /* on the way: the answer to a request, an answer of the watch, a proof */
  unsigned request : 2;
  sight answer;
  unsigned request_age : 2;
  bit watching;
  sight watched;
  unsigned watch_age : 2;
  unsigned proof_guard : 3;
  unsigned proof_age : 2;
  /* a request that its sender has given up, and that Consul may carry out */
  unsigned late : 2;
  bit late_missing;
  bit late_clean;
  unsigned late_recipient : 2;
#ifdef MISSING
  bit clean;  /* key_history::clean_ */
  bit claim_missing;
  bit claim_unclean;
  bit contested;
  bit placeholder;
#endif
#ifdef FENCES
  bit outfenced;  /* another term has begun with a newer lock */
#endif
#ifdef WRITES
  bit writing;
  bit write_failed;   /* its caller was told that it did not happen */
  bit write_current;  /* the term that sent it still holds the key */
#endif
}

#ifdef FAULTS
unsigned faults : 3;  /* so many more may happen */
#define fault_left (faults > 0)
#define count_fault faults--
#else
#define fault_left 1
#define count_fault skip
#endif

candidate_state c[N];
key_state key;
bit alive[N];
#ifdef FENCES
byte last_locker;  /* the candidate whose lock is the newest */
#endif
byte order, j, k, rank, holders, map[PRESENT + 1];  /* within a step only: see done() */

#define me c[i]
#define own (i + 1)
#define acts(i) (c[i].working && c[i].proven < SPAN)
#define busy (me.request != IDLE)
#define key_is_ours (me.has_session && me.known && me.seen.holder == OWN)

#include "tidy.pml"
#include "consul.pml"
#include "candidate.pml"

init {
  d_step {
#ifdef FAULTS
    faults = FAULTS;
#endif
    key.clean = 1;
#ifndef MISSING
    key.exists = 1;
#endif
    for (j : 0 .. N - 1) { c[j].free_age = SPAN; c[j].proven = SPAN; c[j].quarantine = SPAN }
  }
  atomic {
    run clock();
    run operator();
    run candidate(0);
    run candidate(1);
#if N > 2
    run candidate(2);
#endif
  }
}
