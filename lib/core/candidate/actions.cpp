// What a candidate tells its driver to do next, and when to ask again. What happened to it is in
// candidate.cpp.
#include <algorithm>

#include "core/candidate/candidate.hpp"
#include "core/testing/seeded_bug.hpp"

namespace tenure::core {

action candidate::next(time_point now) {
  check_lease(now);
  if (const std::optional<action> notice = next_notice(now)) return *notice;
  if (stage_ == stage::over && !working_) {
    if (!held_) stage_ = stage::none;
  }
  if (stage_ == stage::pending && !wanted_) stage_ = stage::over;
  if (busy_ || now < retry_at_) return action::wait;
  return next_request(now);
}

std::optional<action> candidate::next_notice(time_point now) {
  if (stage_ == stage::pending && wanted_ && now >= starts_at() &&
      now < rules().stop_at(held_->proven_at)) {
    stage_ = stage::leading;
    led_ = working_ = true;
    return action::begin;
  }
  if (!led_ || end_told_) return std::nullopt;
  if ((stage_ == stage::stopping || stage_ == stage::over) && working_ && !stop_told_ &&
      !bug_enabled(seeded_bug::no_stop)) {
    stop_told_ = true;
    return action::stop;
  }
  if (stage_ == stage::over) {
    end_told_ = true;
    return action::end;
  }
  return std::nullopt;
}

action candidate::next_request(time_point now) {
  const auto ask = [this](action s) {
    busy_ = true;
    return s;
  };
  if (identify_) return ask(action::identify);
  if (read_wanted_) {
    read_wanted_ = false;
    return ask(action::read);
  }
  const bool stopped = !working_ || bug_enabled(seeded_bug::release_before_stop);
  if (stage_ == stage::over && held_ && stopped) return ask(action::release);
  if (stage_ != stage::none) return action::wait;
  if (open_claim_) return now >= claim_not_before_ ? ask(action::claim) : action::wait;
  if (orphaned_lock()) {
    // Ours without a term: a claim that was carried out after all. Nobody waited for it.
    held_lock h;
    h.session = session_;
    h.fence = h.guard = history_.modify_index();
    h.quarantine_from = time_point::max();
    held_ = std::move(h);
    led_ = proclaiming_ = lost_ = false;
    end_told_ = true;
    stage_ = stage::over;
    return ask(action::release);
  }
  if (!may_claim(now)) return action::wait;
  open_claim_ = std::make_unique<open_claim>();
  open_claim_->terms.missing = !history_.exists();
  open_claim_->terms.index = history_.modify_index();
  open_claim_->terms.session = session_;
  open_claim_->highest = history_.highest();
  open_claim_->quarantine_from = history_.clean() ? time_point::min() : history_.free_since();
  return ask(action::claim);
}

time_point candidate::wake_at(time_point now) const noexcept {
  time_point at = time_point::max();
  const auto consider = [&](time_point t) {
    if (t > now) at = std::min(at, t);
  };
  if (!busy_) consider(retry_at_);
  switch (stage_) {
    case stage::none:
      consider(claim_not_before_);
      break;
    case stage::pending:
      consider(starts_at());
      break;
    case stage::leading:
      consider(rules().stop_at(held_->proven_at));
      break;
    case stage::stopping:
      consider(lost_ ? identify_by_ : rules().lease_end(held_->proven_at));
      break;
    case stage::over:
      break;
  }
  return at;
}

}  // namespace tenure::core
