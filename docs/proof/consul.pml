/* Consul's writes, each of them linearizable: sessions that die, and the operator. What Consul does
 * with the requests of candidates is in candidate.pml, beside the sending and the answer. */

inline lock_key(who) {
  next_index();
#ifdef WRITES
  for (j : 0 .. N - 1) { c[j].write_current = 0 }
#endif
#ifdef MISSING
  if :: !key.exists -> new_life() :: else fi;
#endif
  key.exists = 1;
  key.holder = who + 1;
  key.clean = 0;
#ifdef FENCES
  c[who].outfenced = 0;
  last_locker = who;
#endif
}

#ifdef MISSING
/* Another CreateIndex. */
inline new_life() {
  for (j : 0 .. N - 1) {
    demote(c[j].seen.born);
    demote(c[j].answer.born);
    demote(c[j].watched.born)
  }
}
#endif

inline unlock_key(cleanly) {
  next_index();
  key.holder = FREE;
  key.clean = cleanly
}

inline delete_key() {
  unlock_key(0);
  key.exists = 0
}

inline die(i) {
  alive[i] = 0;
  if
  :: key.holder == i + 1 ->
#if defined(MISSING) && !defined(DELETED_BY_OPERATOR)
     delete_key()
#else
     unlock_key(0)
#endif
  :: else
  fi
}

#define grows(age) if :: age < SPAN -> age++ :: else fi

/* All ages grow together. A term whose lease has run out is over (term_lease::check). */
proctype clock() {
  do
  :: atomic { d_step {
       printf("clock: a tick, half a span\n");
       for (j : 0 .. N - 1) {
         grows(c[j].free_age);
         grows(c[j].quarantine);
         grows(c[j].proven);
         if :: c[j].request != IDLE -> grows(c[j].request_age) :: else fi;
         if :: c[j].proof_guard != 0 -> grows(c[j].proof_age) :: else fi;
#ifdef HAND_OVER
         if :: c[j].watching -> grows(c[j].watch_age) :: else fi;
#endif
         if
         :: c[j].stage == LEADING && c[j].proven >= SPAN ->
            printf("%d: the lease ends\n", j + 1);
            c[j].stage = OVER
         :: else
         fi
       }
       j = 0
     }
     done() }
  od
}

/* The session of any candidate ends for any cause; and so does one of a candidate that crashed. */
#define session_dies(i) \
  fault_left && alive[i] -> count_fault; printf("Consul: the session of %d dies\n", i + 1); die(i)

proctype operator() {
  do
  :: atomic { if
  :: d_step { session_dies(0) }
  :: d_step { session_dies(1) }
#if N > 2
  :: d_step { session_dies(2) }
#endif
#ifndef NO_OPERATOR
  :: d_step {
       fault_left && key.holder != FREE ->
       count_fault;
       printf("operator: releases the key\n");
#ifdef FORCED_RELEASE_IS_CLEAN
       unlock_key(1);
#else
       unlock_key(0);
#endif
       done()
     }
  :: d_step {
       fault_left && key.exists ->
       count_fault;
       printf("operator: writes over the key\n");
       next_index();
       key.clean = 0
     }
#ifdef MISSING
  :: d_step {
       fault_left && key.exists ->
       count_fault;
       printf("operator: deletes the key\n");
       delete_key()
     }
#endif
#endif
  fi; done() }
  od
}
