#include "core/lease/term_lease.hpp"

#include "core/testing/seeded_bug.hpp"

namespace tenure::core {

void term_lease::lock_won(time_point sent_at) noexcept {
  stage_ = stage::pending;
  reason_ = end_reason::none;
  proven_at_ = sent_at;
  proof_wanted_ = time_point::min();
  began_ = lost_ = identify_ = stop_notified_ = end_notified_ = false;
}

void term_lease::hold_without_term() noexcept {
  stage_ = stage::over;
  if (!working_) proven_at_ = time_point{};  // else that of the term whose work runs on
  began_ = lost_ = false;
}

void term_lease::begin() noexcept {
  stage_ = stage::leading;
  last_end_ = end_reason::none;
  began_ = working_ = true;
  hand_over_ = false;
}

bool term_lease::end(end_reason reason) noexcept {
  stage_ = stage::over;
  reason_ = reason;
  identify_ = false;
  return true;
}

bool term_lease::check(time_point now) noexcept {
  if (stage_ == stage::leading && now >= rules_->stop_at(proven_at_)) {
    stage_ = stage::stopping;
    reason_ = end_reason::expired;
  }
  if (stage_ != stage::stopping) return false;
  const bool closed = lost_ ? !identify_ || now >= identify_by_ : now >= lease_end();
  return closed && end(reason_);
}

bool term_lease::request_stop(end_reason reason, time_point now) noexcept {
  const bool ended = check(now);
  if (stage_ == stage::leading) {
    stage_ = stage::stopping;
    reason_ = reason;
  }
  return ended;
}

bool term_lease::work_stopped(time_point now) noexcept {
  const bool ended = check(now);
  working_ = false;
  if (stage_ == stage::leading) {
    return end(hand_over_ ? end_reason::handed_over : end_reason::resigned);
  }
  if (stage_ == stage::stopping && !lost_) return end(reason_);
  return ended;
}

bool term_lease::lose(end_reason how, loss_cause cause, time_point now) noexcept {
  if (lost_) {
    if (how != end_reason::session_lost || !identify_) return false;
    identify_ = false;
    reason_ = how;
    return check(now);
  }
  lost_ = true;
  reason_ = how;
  stage_ = stage::stopping;
  identify_ = cause == loss_cause::identify;
  identify_by_ = now + identify_within;
  return check(now);
}

bool term_lease::identified(std::optional<bool> alive, time_point now) noexcept {
  if (!identify_) return false;
  identify_ = false;
  if (alive == false) reason_ = end_reason::session_lost;
  return check(now);
}

notice term_lease::next_notice() noexcept {
  if (!began_ || end_notified_) return notice::none;
  const bool must_stop = stage_ == stage::stopping || stage_ == stage::over;
  if (must_stop && working_ && !stop_notified_ && !bug_enabled(seeded_bug::no_stop)) {
    stop_notified_ = true;
    return notice::stop;
  }
  if (stage_ != stage::over) return notice::none;
  end_notified_ = true;
  last_end_ = reason_;
  return notice::end;
}

bool term_lease::consistent() const noexcept {
  switch (stage_) {
    case stage::pending:
      return !began_ && !lost_ && reason_ == end_reason::none;
    case stage::leading:
      return began_ && working_ && !lost_ && !identify_ && reason_ == end_reason::none;
    case stage::stopping:
      return began_ && reason_ != end_reason::none && (lost_ || !identify_);
    case stage::over:
      return !identify_;
    case stage::none:
      return !identify_ && !working_;
  }
  return false;
}

time_point term_lease::deadline() const noexcept {
  if (stage_ == stage::leading) return stop_at();
  if (stage_ == stage::stopping) return lost_ ? identify_by_ : lease_end();
  return time_point::max();
}

time_point term_lease::proof_due() const noexcept {
  if (!provable() || proof_inflight_) return time_point::max();
  const time_point regular = proven_at_ + rules_->proof_interval();
  const time_point next = proof_wanted() ? std::min(regular, proof_wanted_) : regular;
  return std::max(next, proof_not_before_);
}

bool term_lease::proof_worthwhile(time_point now) const noexcept {
  return provable() && !proof_inflight_ && now >= proof_not_before_ &&
         (proven_at_ + rules_->proof_interval() / 2 <= now || proof_wanted());
}

time_point term_lease::lease_end() const noexcept {
  return open() ? rules_->lease_end(proven_at_) : time_point::min();
}

time_point term_lease::stop_at() const noexcept {
  return open() ? rules_->stop_at(proven_at_) : time_point::min();
}

}  // namespace tenure::core
