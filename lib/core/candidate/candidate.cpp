#include "core/candidate/candidate.hpp"

#include <algorithm>
#include <utility>

#include "core/group/hand_over_rules.hpp"
#include "core/testing/seeded_bug.hpp"

namespace tenure::core {
namespace {

// After a release the other candidates get the first try.
constexpr duration yield_first = std::chrono::milliseconds(100);
// Spreads the tries of candidates that all know the same instant.
constexpr duration spread = std::chrono::milliseconds(20);
// After a claim that a lock-delay of unknown length refused.
constexpr duration first_try = std::chrono::milliseconds(100);

duration part_of(duration most, std::uint64_t random) noexcept {
  return duration(
      static_cast<std::int64_t>(random % static_cast<std::uint64_t>(most.count() + 1)));
}

}  // namespace

const session_id candidate::no_session_;

candidate::candidate(const candidate_rules& rules) noexcept
    : history_(rules.dies_with_session), lease_(rules) {}

// -- the user's wishes ---------------------------------------------------------------------------

void candidate::work_stopped(time_point now) {
  if (lease_.work_stopped(now)) term_over();
}

void candidate::request_stop(end_reason reason, time_point now) {
  if (lease_.request_stop(reason, now)) term_over();
}

// -- sessions ------------------------------------------------------------------------------------

void candidate::session_ready(session_id id) { session_ = std::move(id); }

void candidate::session_gone(const session_id& id, time_point now) {
  if (session_ == id) session_.clear();
  // A claim in flight reports its own outcome. One whose reply was lost can no longer succeed: its
  // session is gone.
  if (open_claim_ && open_claim_->terms.session == id && !busy_) open_claim_.reset();
  if (held_ && held_->session == id) lost(end_reason::session_lost, now);
}

// -- observations of the key ---------------------------------------------------------------------

void candidate::holders_session(const session_id& id, duration span,
                                duration lock_delay) noexcept {
  longest_span_ = std::max(longest_span_, span);
  if (history_.held_by(id)) history_.learn_lock_delay(lock_delay);
}

observation_order candidate::observe(const key_observation& seen, time_point now) {
  key_observation watched = seen;
  // A list's index may be lower than that of a deletion, which Consul forgets after a while. So a
  // key that it lacks does not show that the cluster went back; a read of the key does.
  if (!seen.exists) watched.linearizable = false;
  const observation_order order = take_in(watched, now);
  // Outdated: ignore it, but read once, in case the cluster went back to an older state. If the
  // poll was sent before the newer observation, the next one may bring no news.
  if (order == observation_order::outdated) read_wanted_ = true;
  return order;
}

observation_order candidate::take_in(const key_observation& seen, time_point now) {
  check_lease(now);
  const observation_order order = history_.observe(seen, now);
  if (order == observation_order::restarted) {
    fence_too_low_ = true;
    // The guard of an open claim may match again, although others have held the key since.
    if (open_claim_) open_claim_->quarantine_from = std::max(open_claim_->quarantine_from, now);
  }
  if (order == observation_order::newer || order == observation_order::restarted) {
    look_again_ = false;
    claim_backoff_.reset();
  } else if (look_again_ && seen.linearizable) {
    // A claim was refused for a change that does not show: do not repeat it at once.
    look_again_ = false;
    claim_not_before_ = std::max(claim_not_before_, now + claim_backoff_.next(0));
  }
  if (history_.held()) forget_moves();
  if (held_) {
    review_lock(seen, order, now);
  } else if (open_claim_) {
    // Of a missing key an older answer may show the holder.
    const bool others = seen.held() && seen.session != open_claim_->terms.session;
    if (others || (history_.held() && !history_.held_by(open_claim_->terms.session))) {
      open_claim_->contested = true;
      if (order == observation_order::newer) open_claim_->overtaken = true;
    }
    if (!busy_ && seen.linearizable && order != observation_order::outdated) {
      settle_claim(seen, now);
    }
  } else if (may_receive(seen, order)) {
    receive_lock(seen, now);
  } else if (history_.free() && history_.clean()) {
    longest_span_ = duration{0};
  } else if (order == observation_order::newer && history_.free() && !history_.exists() &&
             now < claim_not_before_) {
    place_wanted_ = true;  // another candidate took its placeholder away
  }
  return order;
}

void candidate::read_answered(const key_observation& seen, time_point now) {
  must(busy_, "an answer belongs to a request in flight");
  busy_ = false;
  request_backoff_.reset();
  take_in(seen, now);
}

void candidate::read_failed(time_point now, std::uint64_t random) {
  must(busy_, "an answer belongs to a request in flight");
  busy_ = false;
  read_wanted_ = true;
  retry_at_ = now + request_backoff_.next(random);
}

void candidate::review_lock(const key_observation& seen, observation_order order, time_point now) {
  must(held_.has_value(), "only a lock that is held can be lost");
  if (order == observation_order::outdated) return;
  const bool ours = history_.held_by(held_->session);
  if (stage() == stage::over) {
    if (!ours) {
      forget_lock();
    } else {
      held_->guard = history_.modify_index();
    }
    return;
  }
  if (!ours) {
    lost(!history_.exists() ? end_reason::key_missing
         : !history_.held() ? end_reason::key_released
                            : end_reason::key_taken,
         now);
  } else if (history_.modify_index() == held_->guard) {
    if (seen.linearizable) proved(held_->guard, seen.sent_at, now);
  } else if (!proclaiming_) {
    lost(end_reason::overwritten, now);
  }
}

void candidate::settle_claim(const key_observation& seen, time_point now) {
  must(open_claim_ != nullptr && !held_, "only an open claim is settled");
  must(!busy_, "a claim in flight reports its own outcome");
  const claim_request& terms = open_claim_->terms;
  if (seen.held() && seen.session == terms.session) {
    if (bug_enabled(seeded_bug::receive_with_open_claim)) {
      open_claim_.reset();
      receive_lock(seen, now);
    } else {
      take_lock(seen, now);
    }
    return;
  }
  // The key is still as the claim requires: Consul may carry it out at any moment. It is made
  // again, under the same condition, until an answer settles it.
  const bool may_still_happen =
      terms.missing ? !seen.exists : seen.exists && seen.modify_index == terms.index;
  if (!may_still_happen) open_claim_.reset();
}

// -- claims --------------------------------------------------------------------------------------

void candidate::take_lock(const key_observation& won, time_point now) {
  must(open_claim_ != nullptr, "a lock is taken by a claim");
  must(won.session == open_claim_->terms.session, "a claim wins for its own session");
  time_point quarantine_from = open_claim_->quarantine_from;
  // A missing key has no index: since it was seen it may have been held and deleted again.
  const bool unclean = open_claim_->contested || quarantine_from != time_point::min();
  if (open_claim_->terms.missing && unclean && !bug_enabled(seeded_bug::missing_since_seen)) {
    quarantine_from = std::max(quarantine_from, now);
  }
  // Its guard cannot have matched after that, unless the store went back.
  if (open_claim_->overtaken) quarantine_from = std::max(quarantine_from, now);
  if (bug_enabled(seeded_bug::no_quarantine)) quarantine_from = time_point::min();
  fence_too_low_ = won.modify_index <= open_claim_->highest;
  open_claim_.reset();
  forget_moves();
  hold(won, quarantine_from, won.sent_at);
}

void candidate::forget_moves() noexcept {
  moved_ = false;
  moved_backoff_.reset();
}

/// The key is ours, as `won` shows, and has been so since `proven_at` if it was proven.
void candidate::hold(const key_observation& won, time_point quarantine_from,
                     time_point proven_at) {
  must(!held_ && !open_claim_, "a key is taken once");
  must(stage() != stage::leading && stage() != stage::stopping, "a term ends before the next");
  held_lock h;
  h.session = won.session;
  h.fence = h.guard = won.modify_index;
  if (bug_enabled(seeded_bug::fence_is_lock_index)) h.fence = won.lock_index;
  h.lock_index = won.lock_index;
  h.quarantine_from = quarantine_from;
  held_ = std::move(h);
  proclaiming_ = false;
  lease_.lock_won(proven_at);
  history_.learn_lock_delay(rules().lock_delay);
  // Overwritten before its winner learned of it: a plain write resets the LockIndex.
  const bool overwritten = won.lock_index == 0;
  if (!wanted_ || fence_too_low_ || overwritten) lease_.give_up_lock();
}

void candidate::claim_won(const key_observation& won, time_point now, std::uint64_t random) {
  must(busy_ && open_claim_, "the outcome of a claim belongs to the claim in flight");
  must(!held_, "a claim is open only while the key is not ours");
  busy_ = false;
  request_backoff_.reset();
  lock_delay_backoff_.reset();
  claim_backoff_.reset();
  check_lease(now);
  if (open_claim_->terms.session != session_) {
    open_claim_.reset();  // the session died meanwhile, and the lock with it
    return;
  }
  if (history_.observe(won, now) == observation_order::outdated) {
    open_claim_.reset();  // lost before the answer arrived
    read_wanted_ = true;
    return;
  }
  take_lock(won, now);
  if (fence_too_low_) claim_not_before_ = now + index_patience + part_of(spread, random);
}

void candidate::claim_refused(claim_refusal why, time_point now, std::uint64_t random) {
  must(busy_ && open_claim_, "the outcome of a claim belongs to the claim in flight");
  busy_ = false;
  check_lease(now);
  const bool reply_was_lost = open_claim_->reply_lost;
  const session_id session = open_claim_->terms.session;
  switch (why) {
    case claim_refusal::lock_delay:
      claim_not_before_ = after_lock_delay(now, random);
      // The holder's session died and took the key with it.
      place_wanted_ = open_claim_->terms.missing;
      if (reply_was_lost) return;  // Consul may still carry out an earlier try
      break;
    case claim_refusal::session_invalid:
      open_claim_.reset();
      session_gone(session, now);
      return;
    case claim_refusal::failed:
      claim_not_before_ = now + claim_backoff_.next(random);
      if (reply_was_lost) return;
      break;
    case claim_refusal::index_moved:
      // Another candidate has won, as a rule. A key that moves again and again and stays free has
      // other writers.
      if (moved_) claim_not_before_ = now + moved_backoff_.next(random);
      moved_ = true;
      look_again_ = true;
      read_wanted_ = true;
      if (reply_was_lost) return;  // perhaps moved by an earlier try of this claim: read
      break;
  }
  open_claim_.reset();
}

void candidate::claim_unknown(time_point now, std::uint64_t random) {
  must(busy_ && open_claim_, "the outcome of a claim belongs to the claim in flight");
  busy_ = false;
  check_lease(now);
  if (open_claim_->terms.session != session_) {
    open_claim_.reset();
    return;
  }
  open_claim_->reply_lost = true;
  claim_not_before_ = now + claim_backoff_.next(random);
  read_wanted_ = true;
}

// Nothing wakes a watcher when a lock-delay ends. The holder's session says how long it lasts. If
// that is unknown, or over, it is taken to be ours, with a few tries before: each after twice the
// time for which the key has been free, so that a short lock-delay costs little time and a long one
// few claims.
time_point candidate::after_lock_delay(time_point now, std::uint64_t random) noexcept {
  const time_point free = history_.free_since();
  if (history_.clean()) return now + lock_delay_backoff_.next(random);
  const duration ours = rules().lock_delay;
  const std::optional<duration> known = history_.holders_lock_delay();
  const duration theirs = known.value_or(ours);
  const auto [shorter, longer] = std::minmax(ours, theirs);
  const time_point ends = free + (free + shorter > now ? shorter : longer);
  if (ends <= now) return now + lock_delay_backoff_.next(random);
  const time_point exact = ends + part_of(spread, random);
  if (known && free + theirs > now) return exact;
  const duration pause = std::max(first_try + part_of(first_try, random), 2 * (now - free));
  return std::min(exact, now + pause);
}

bool candidate::may_claim(time_point now) const noexcept {
  return wanted_ && !working() && !session_.empty() && history_.free() && !look_again_ &&
         now >= claim_not_before_ && !claims_wait_;
}

claim_request candidate::next_claim() const {
  must(busy_ && open_claim_, "a claim is asked for before it is made");
  return open_claim_->terms;
}

// -- release -------------------------------------------------------------------------------------

release_request candidate::next_release(time_point now) const {
  must(held_.has_value(), "only a key that is held is released");
  release_request r;
  r.guard = held_->guard;
  r.session = held_->session;
  r.clean = lease_.began() || now >= quarantine_end(held_->quarantine_from);
  if (bug_enabled(seeded_bug::clean_within_quarantine)) r.clean = true;
  r.may_hand_over =
      may_hand_over(lease_) || (bug_enabled(seeded_bug::hand_over_pending) && !working()) ||
      (bug_enabled(seeded_bug::hand_over_working) && lease_.began() && !lease_.lost());
  return r;
}

void candidate::released(const key_observation& free, time_point now, std::uint64_t random) {
  must(busy_, "an answer belongs to a request in flight");
  busy_ = false;
  request_backoff_.reset();
  given_up(free, now);
  claim_not_before_ =
      std::max(claim_not_before_, now + yield_first + part_of(yield_first, random));
}

time_point candidate::quarantine_end(time_point from) const noexcept {
  if (from == time_point::min() || from == time_point::max()) return from;
  return rules().quarantine_end(from, longest_span_);
}

void candidate::release_missed(time_point now) {
  must(busy_, "an answer belongs to a request in flight");
  busy_ = false;
  check_lease(now);
  if (held_) read_wanted_ = true;
}

void candidate::release_failed(time_point now, std::uint64_t random) {
  must(busy_, "an answer belongs to a request in flight");
  busy_ = false;
  retry_at_ = now + request_backoff_.next(random);
}

void candidate::forget_lock() noexcept {
  held_.reset();
  // Work of an older term may run on.
  if (!lease_.began() && !working()) lease_.clear();
}

}  // namespace tenure::core
