// What a candidate's driver has to do next, and when to ask again. How a candidate takes in what
// happened is in candidate.cpp.
#include <algorithm>

#include "core/candidate/candidate.hpp"
#include "core/testing/seeded_bug.hpp"

namespace tenure::core {

action candidate::next(time_point now) {
  check_lease(now);
  if (const std::optional<action> notice = next_notice(now)) return *notice;
  if (stage() == stage::over && !working() && !held_) lease_.clear();
  if (stage() == stage::pending && !wanted_) lease_.give_up_lock();
  check_state();
  if (busy_ || now < retry_at_) return action::wait;
  return next_request(now);
}

std::optional<action> candidate::next_notice(time_point now) {
  if (wanted_ && lease_.may_begin(now) && now >= starts_at()) {
    must(held_ && held_->fence != 0, "a term begins only with the key");
    must(!working(), "a term begins only after the work of the last one has stopped");
    lease_.begin();
    must(now < lease_.stop_at(), "a term begins within its lease");
    return action::begin;
  }
  switch (lease_.next_notice()) {
    case notice::stop:
      return action::stop;
    case notice::end:
      return action::end;
    case notice::none:
      break;
  }
  return std::nullopt;
}

action candidate::next_request(time_point now) {
  const auto ask = [this](action s) {
    must(!busy_, "one request at a time");
    busy_ = true;
    return s;
  };
  if (lease_.wants_identify()) return ask(action::identify);
  if (read_wanted_) {
    read_wanted_ = false;
    return ask(action::read);
  }
  // A lock that never gets a term waits for no work: what runs on belongs to an older term.
  const bool stopped = !working() || !lease_.began() ||
                       bug_enabled(seeded_bug::release_before_stop) ||
                       bug_enabled(seeded_bug::hand_over_working);
  if (stage() == stage::over && held_ && stopped) return ask(action::release);
  if (stage() == stage::stopping && held_ && !lease_.lost() &&
      bug_enabled(seeded_bug::hand_over_working)) {
    return ask(action::release);
  }
  const bool idle = stage() == stage::none || (stage() == stage::over && !held_);
  if (idle && !open_claim_ && key_is_ours()) return settle_hold();
  if (stage() != stage::none) return action::wait;
  const bool places = place_wanted_ && wanted_ && !working() && !claims_wait_ &&
                      !bug_enabled(seeded_bug::no_placeholder);
  place_wanted_ = false;
  if (places && history_.free() && !history_.exists()) return ask(action::place);
  if (history_.placeholder() && !wanted_) return ask(action::clear);
  if (open_claim_) return now >= claim_not_before_ ? ask(action::claim) : action::wait;
  if (!may_claim(now)) return action::wait;
  must(!held_ && !open_claim_, "a claim is for a key that is not ours");
  must(history_.free() && !session_.empty(), "a claim is for a free key, by a session");
  open_claim_ = std::make_unique<open_claim>();
  open_claim_->terms.missing = !history_.exists();
  open_claim_->terms.index = history_.modify_index();
  open_claim_->terms.session = session_;
  open_claim_->highest = history_.highest();
  const bool clean = history_.clean() || (bug_enabled(seeded_bug::placeholder_is_clean) &&
                                          history_.placeholder());
  open_claim_->quarantine_from = clean ? time_point::min() : history_.free_since();
  return ask(action::claim);
}

time_point candidate::wake_at(time_point now) const noexcept {
  time_point at = time_point::max();
  const auto consider = [&](time_point t) {
    if (t > now) at = std::min(at, t);
  };
  if (!busy_) consider(retry_at_);
  if (stage() == stage::none && (open_claim_ || !claims_wait_)) consider(claim_not_before_);
  if (stage() == stage::pending) consider(starts_at());
  consider(lease_.deadline());
  return at;
}

}  // namespace tenure::core
