/* A candidate: lib/core/candidate and lib/core/lease, line by line (the table is in README.md). */

#ifdef MISSING
#define same_life(s) (me.seen.exists && me.seen.born == s.born)
#else
#define same_life(s) 1
#endif
#ifdef HAND_OVER
#define LINEARIZABLE 1
#else
#define LINEARIZABLE 0
#endif

/* Rules that are left out, as conditions. */
#ifdef CLAIM_WHILE_WORKING
#define may_claim_now 1
#else
#define may_claim_now (!me.working)
#endif
#if defined(RELEASE_WHILE_WORKING) || defined(HAND_OVER_WORKING)
#define stopped 1
#else
#define stopped (!me.working)
#endif
#ifdef HAND_OVER_PENDING
#define may_hand_over (!me.lost)
#elif defined(HAND_OVER_LOST)
#define may_hand_over me.began
#else
#define may_hand_over (me.began && !me.lost)
#endif
#ifdef CLEAN_WITHIN_QUARANTINE
#define releases_cleanly 1
#else
#define releases_cleanly (me.began || me.quarantine == OVER_SPAN)
#endif
#ifdef ANY_HOLD_IS_HANDED_OVER
#define handed_over_to_me 1
#else
#define handed_over_to_me me.passed
#endif

/* key_history::released_cleanly */
inline judge_release(i, s) {
#ifdef MISSING
  if
#if defined(FIRST_SIGHT) || defined(DELETED_BY_OPERATOR)
  :: !s.exists -> me.clean = !me.known
#else
  :: !s.exists -> me.clean = 0  /* dies_with_session_ */
#endif
  :: s.exists && !s.clean -> me.clean = 0
  :: s.exists && s.clean && me.known && !same_life(s) -> me.clean = !me.seen.exists && me.clean
  :: else -> me.clean = 1
  fi;
  me.free_age = (me.clean -> OVER_SPAN : 0)
#else
  me.free_age = (s.clean -> OVER_SPAN : 0)
#endif
#ifdef NO_QUARANTINE
  ;
  me.free_age = OVER_SPAN
#endif
}

/* key_history::observe and take */
inline observe(i, s) {
  if
#ifndef OLDER_ANSWERS_COUNT
  :: me.known && s.index < me.seen.index -> order = OUTDATED
#endif
  :: me.known && s.index == me.seen.index -> order = SAME
  :: else ->
     order = NEWER;
     if :: s.holder == FREE -> judge_release(i, s) :: else fi;
     me.passed = me.known && s.holder != FREE && me.seen.holder != FREE &&
                 me.seen.holder != s.holder && same_life(s);
#ifdef MISSING
     me.placeholder = 0;
#endif
     copy(me.seen, s);
     me.known = 1
  fi
}

/* candidate::lost. The work has to stop, and stops by itself before its lease ends. */
inline lose(i) {
  if
  :: me.stage == LEADING && me.seen.holder == OWN && me.has_session ->  /* overwritten */
     me.stage = OVER; me.lost = 1; me.guard = me.seen.index
  :: else ->
     me.stage = NONE
  fi
}

/* candidate::take_lock, receive_lock and hold */
inline hold(i, s, age) {
  me.stage = PENDING;
  me.guard = s.index;
  me.began = 0;
  me.lost = 0;
  me.proven = age;
  me.claiming = 0;
  me.proof_guard = 0;
  me.proof_age = 0
}

inline take_lock(i, s, age) {
#if defined(MISSING) && !defined(MISSING_SINCE_SEEN)
  /* Since it was seen missing, the key may have been held and deleted again. */
  if
  :: me.claim_missing && (me.contested || me.claim_unclean) -> me.quarantine = 0
  :: else
  fi;
#endif
  hold(i, s, age)
}

/* candidate::review_lock */
inline review(i, linearizable, age) {
  if
  :: me.stage == OVER ->
     if
     :: me.seen.holder != OWN -> me.stage = NONE
     :: else -> me.guard = me.seen.index
     fi
  :: me.stage != OVER && (me.seen.holder != OWN || me.seen.index != me.guard) ->
     printf("%d: sees that the key is lost\n", own);
     lose(i)
  :: else ->
     if :: linearizable && age < me.proven -> me.proven = age :: else fi
  fi
}

/* candidate::settle_claim, by a linearizable answer */
inline settle(i, s, age) {
  if
  :: s.holder == OWN ->
#ifdef RECEIVE_WITH_OPEN_CLAIM
     me.quarantine = OVER_SPAN;
     hold(i, s, age);
#else
     take_lock(i, s, age);
#endif
     printf("%d: its claim had been carried out\n", own)
#ifdef MISSING
  :: s.holder != OWN && (me.claim_missing -> s.exists : s.index != me.claim_index) ->
#else
  :: s.holder != OWN && s.index != me.claim_index ->
#endif
     me.claiming = 0
  :: else
  fi
}

/* candidate::take_in */
inline take_in(i, s, linearizable, age) {
  observe(i, s);
  if
  :: order == OUTDATED
  :: order != OUTDATED && me.stage != NONE -> review(i, linearizable, age)
  :: order != OUTDATED && me.stage == NONE && me.claiming ->
#ifdef MISSING
     if :: me.seen.holder != FREE && me.seen.holder != OWN -> me.contested = 1 :: else fi;
#endif
     if :: linearizable && !busy && me.has_session -> settle(i, s, age) :: else fi
#ifdef HAND_OVER
  /* candidate::may_receive; with a choice, because the user may not want it any more */
  :: order != OUTDATED && me.stage == NONE && !me.claiming && key_is_ours &&
     handed_over_to_me && !busy && !me.working && linearizable ->
     printf("%d: takes the key that was handed over\n", own);
     me.quarantine = OVER_SPAN;
#ifdef LEASE_FROM_THE_ANSWER
     hold(i, s, 0)
#else
     hold(i, s, age)
#endif
#endif
  :: else
  fi
}

#define wants_claim \
  (me.stage == NONE && !busy && me.has_session && \
   (me.claiming -> me.reply_lost : may_claim_now && me.known && me.seen.holder == FREE))
#ifdef CLAIM_WITHOUT_INDEX
#define claim_possible_now (alive[i] && key.holder == FREE)
#define claim_still_possible alive[i]
#elif defined(MISSING)
#define claim_possible_now \
  (alive[i] && ((me.claiming -> me.claim_missing : !me.seen.exists) -> !key.exists : \
                (me.claiming -> me.claim_index : me.seen.index) == PRESENT))
#else
#define claim_possible_now \
  (alive[i] && (me.claiming -> me.claim_index : me.seen.index) == PRESENT)
#endif
#ifndef claim_still_possible
#define claim_still_possible claim_possible_now
#endif
#define wants_release (me.stage == OVER && !busy && stopped && me.has_session)
#ifdef RELEASE_WITHOUT_INDEX
#define at_guard 1
#else
#define at_guard (me.guard == PRESENT)
#endif

inline open_claim(i) {
  if
  :: !me.claiming ->
     me.claiming = 1;
     me.claim_index = me.seen.index;
     me.quarantine = me.free_age;
#ifdef MISSING
     me.claim_missing = !me.seen.exists;
     if :: me.claim_missing -> me.claim_index = 0 :: else fi;
     me.claim_unclean = !me.clean;
#endif
  :: else
  fi
}

inline reset(i) {
  me.has_session = 0; me.known = 0; clear(me.seen); me.passed = 0; me.free_age = SPAN;
  me.claiming = 0; me.stage = NONE; me.working = 0; me.request = IDLE; me.watching = 0;
  clear(me.watched); me.watch_age = 0; me.proof_guard = 0
#ifdef MISSING
  ; me.clean = 0
#endif
}

/* A request reaches Consul at once, or its sender has given it up: then Consul may carry it out at
 * any later moment, or never. */
#ifdef PROMPT
#define late_free 0
#elif N == 2
#define late_free (c[0].late == IDLE && c[1].late == IDLE)
#else
#define late_free (c[0].late == IDLE && c[1].late == IDLE && c[2].late == IDLE)
#endif
#if defined(PROMPT) || defined(PROMPT_WATCH)
#define nothing_on_the_way 0
#elif N == 2
#define nothing_on_the_way (!c[0].watching && !c[1].watching)
#else
#define nothing_on_the_way (!c[0].watching && !c[1].watching && !c[2].watching)
#endif

#define other(i, k) ((i + k) % N)

#define may_send_hand_over \
  (me.stage == OVER && !busy && stopped && may_hand_over && me.has_session)

/* sent, and carried out */
#define hand_over_step(i, k) \
  may_send_hand_over && key.holder == own && at_guard && alive[other(i, k)] -> \
  printf("%d: hands the key over to %d\n", own, other(i, k) + 1); \
  lock_key(other(i, k)); \
  copy_key(me.answer); \
  me.request = RELEASE_DONE
#define lost_hand_over_step(i, k) \
  fault_left && may_send_hand_over && late_free && key.holder == own && at_guard -> \
  count_fault; \
  printf("%d: sends a hand-over to %d, and gets no answer\n", own, other(i, k) + 1); \
  me.late = HAND; \
  me.late_recipient = other(i, k)

proctype candidate(byte i) {
  do
  :: atomic { if
  /* -- sessions ----------------------------------------------------------------------------- */
  :: d_step {  /* session_ready */
       !me.has_session && !alive[i] && me.stage == NONE && !busy ->
       printf("%d: has a new session\n", own);
       retire(me.seen);
       retire(me.answer);
       retire(me.watched);
       alive[i] = 1;
       me.has_session = 1
     }
  :: d_step {  /* session_gone */
       me.has_session && !alive[i] ->
       printf("%d: learns that its session is dead\n", own);
       me.has_session = 0;
       me.claiming = 0;
       me.request = IDLE;
       me.stage = NONE
     }
#ifndef NO_CRASH
  :: d_step {
       fault_left && (me.known || me.has_session) ->
       count_fault;
       printf("%d: crashes, and starts again\n", own);
       reset(i)
     }
#endif

  /* -- what it sees ------------------------------------------------------------------------- */
  :: d_step {  /* an answer that arrives at once */
       !me.watching && (!me.known || me.seen.index != PRESENT) ->
       copy_key(me.watched);
       printf("%d: sees the key, holder: %d\n", own, key.holder);
       take_in(i, me.watched, LINEARIZABLE, 0);
       clear(me.watched)
     }
  :: d_step {  /* and one that arrives at some later moment */
       nothing_on_the_way && (!me.known || me.seen.index != PRESENT) ->
       me.watching = 1;
       copy_key(me.watched);
       me.watch_age = 0
     }
  :: d_step {  /* candidate::observe */
       me.watching ->
       me.watching = 0;
       printf("%d: a late answer of the watch shows holder %d, %d ticks ago\n", own,
              me.watched.holder, me.watch_age);
       take_in(i, me.watched, LINEARIZABLE, me.watch_age);
       clear(me.watched);
       me.watch_age = 0
     }
  :: d_step {  /* read_answered */
       !busy && me.claiming && me.reply_lost ->
       copy_key(me.answer);
       printf("%d: reads the key, holder: %d\n", own, key.holder);
       take_in(i, me.answer, 1, 0)
     }

  /* -- claims ------------------------------------------------------------------------------- */
  :: d_step {  /* next_request: a claim, carried out at once, or repeated with its answer lost */
       wants_claim && claim_possible_now ->
       open_claim(i);
       printf("%d: claims the key\n", own);
       lock_key(i);
       copy_key(me.answer);
       me.request = CLAIM_DONE;
       me.request_age = 0
     }
  :: d_step {  /* claim_unknown */
       fault_left && wants_claim && late_free ->
       count_fault;
       open_claim(i);
       printf("%d: sends a claim, and gets no answer\n", own);
       me.reply_lost = 1;
       if
       :: claim_still_possible ->
          me.late = CLAIM;
#ifdef MISSING
          me.late_missing = me.claim_missing
#endif
       :: else
       fi
     }
  :: d_step {
       me.late == CLAIM && key.holder == FREE ->
       printf("Consul: carries out a late claim of %d\n", own);
       me.late = IDLE;
       lock_key(i)
     }
  :: d_step {  /* claim_won */
       me.request == CLAIM_DONE ->
       printf("%d: learns that its claim has won\n", own);
       me.request = IDLE;
       observe(i, me.answer);
       if
       :: order == OUTDATED -> me.claiming = 0
       :: else -> take_lock(i, me.answer, me.request_age)
       fi
     }
  :: d_step {
       fault_left && me.request == CLAIM_DONE ->
       count_fault;
       printf("%d: gets no answer to its claim\n", own);
       me.request = IDLE;
       me.reply_lost = 1
     }

  /* -- a term ------------------------------------------------------------------------------- */
  :: d_step {  /* next_notice: begin */
       me.stage == PENDING && me.quarantine == OVER_SPAN && me.proven < SPAN ->
       printf("%d: LEADS\n", own);
       assert(!me.working);
#ifdef FENCES
       if
       :: last_locker == i ->
          for (j : 0 .. N - 1) { c[j].outfenced = (j != i) }
       :: else
       fi;
       assert(!me.outfenced);
#endif
       me.stage = LEADING;
       me.began = 1;
       me.working = 1
     }
  :: d_step {  /* proof_batcher: check-index key guard */
       (me.stage == PENDING || me.stage == LEADING) && me.proof_guard == 0 &&
#ifdef RENEWAL_IS_PROOF
       alive[i] ->
#else
       key.holder == own && me.guard == PRESENT ->
#endif
       printf("%d: sends a proof\n", own);
       me.proof_guard = me.guard;
       me.proof_age = 0
     }
  :: d_step {  /* candidate::proved */
       me.proof_guard != 0 ->
       printf("%d: gets a proof, sent %d ticks ago\n", own, me.proof_age);
#ifdef LEASE_FROM_ARRIVAL
       me.proof_age = 0;
#endif
       if :: me.proof_age < me.proven -> me.proven = me.proof_age :: else fi;
       me.proof_guard = 0;
       me.proof_age = 0
     }
  :: d_step {  /* work_stopped */
       me.working ->
       printf("%d: its work has stopped\n", own);
       me.working = 0;
       if :: me.stage == LEADING -> me.stage = OVER :: else fi
     }
  :: d_step {  /* give_up_lock: it is not wanted any more */
       me.stage == PENDING ->
       printf("%d: gives up its lock\n", own);
       me.stage = OVER
     }
#if defined(RELEASE_WHILE_WORKING) || defined(HAND_OVER_WORKING)
  :: d_step {
       me.stage == LEADING ->
       printf("%d: has to stop, and its work runs on\n", own);
       me.stage = OVER
     }
#endif

#ifdef WRITES
  :: d_step {  /* term::write: check-session key, check-index key guard, ... */
       me.stage == LEADING && !me.writing && key.holder == own && me.guard == PRESENT ->
       printf("%d: sends a guarded write\n", own);
       me.writing = 1;
       me.write_current = 1
     }
  :: d_step {
       me.writing && key.holder == own ->
       printf("Consul: carries out the write of %d\n", own);
       assert(me.write_current);  /* not in a later term */
       assert(!me.write_failed);
       me.writing = 0
     }
#ifdef LOST_REPLY_IS_FAILURE
  :: d_step {
       fault_left && me.writing && !me.write_failed ->
       count_fault;
       printf("%d: gets no answer to its write, and says that it did not happen\n", own);
       me.write_failed = 1
     }
#endif
#endif

  /* -- release ------------------------------------------------------------------------------ */
  :: d_step {  /* next_release */
       wants_release && key.holder == own && at_guard ->
       printf("%d: releases the key, clean: %d\n", own, releases_cleanly);
       unlock_key(releases_cleanly);
       copy_key(me.answer);
       me.request = RELEASE_DONE
     }
  :: d_step {  /* release_failed: once more, under the same guard */
       fault_left && wants_release && late_free && key.holder == own && at_guard ->
       count_fault;
       printf("%d: sends a release, clean: %d, and gets no answer\n", own, releases_cleanly);
       me.late = RELEASE;
       me.late_clean = releases_cleanly
     }
  :: d_step {
       me.late == RELEASE && key.holder == own ->
       printf("Consul: carries out a late release of %d\n", own);
       unlock_key(me.late_clean);
       me.late = IDLE
     }
  :: d_step {  /* released, handed_over: given_up */
       me.request == RELEASE_DONE ->
       me.request = IDLE;
       observe(i, me.answer);
       if
       :: order == OUTDATED && me.stage == OVER && key_is_ours
       :: else -> if :: me.stage == OVER -> me.stage = NONE :: else fi
       fi
     }
  :: d_step {
       fault_left && me.request == RELEASE_DONE ->
       count_fault;
       printf("%d: gets no answer to its release\n", own);
       me.request = IDLE
     }
  :: d_step {  /* settle_hold: an orphaned lock */
       me.stage == NONE && !busy && !me.claiming && key_is_ours && !handed_over_to_me ->
       printf("%d: its session holds the key, by a claim that it had given up\n", own);
       me.stage = OVER;
       me.guard = me.seen.index;
       me.quarantine = NEVER
     }

  /* -- hand-over ---------------------------------------------------------------------------- */
#ifdef HAND_OVER
  :: d_step {  /* settle_hold: handed over, and not wanted */
       me.stage == NONE && !busy && !me.claiming && key_is_ours && handed_over_to_me ->
       printf("%d: does not want the key that was handed over\n", own);
       me.stage = OVER;
       me.guard = me.seen.index;
       me.quarantine = (me.working -> me.proven : OVER_SPAN);
     }
  :: d_step { hand_over_step(i, 1) }
  :: d_step { lost_hand_over_step(i, 1) }
#if N > 2
  :: d_step { hand_over_step(i, 2) }
  :: d_step { lost_hand_over_step(i, 2) }
#endif
  :: d_step {
       me.late == HAND && key.holder == own && alive[me.late_recipient] ->
       printf("Consul: carries out a late hand-over of %d to %d\n", own, me.late_recipient + 1);
       me.late = IDLE;
       lock_key(me.late_recipient)
     }
#endif
  fi; done() }
  od
}
