#include "core/candidate/key_history.hpp"

#include <algorithm>

#include "core/group/hand_over_rules.hpp"

namespace tenure::core {

observation_order key_history::observe(const key_observation& seen, time_point now) {
  if (known_ && seen.order() < order_) {
    // A linearizable answer to a request sent after the newer observation had arrived cannot be
    // older, unless the cluster lost its state and began another life.
    if (!seen.linearizable || seen.sent_at <= last_at_) {
      take_older(seen);
      return observation_order::outdated;
    }
    known_ = false;
    take(seen, now);
    if (!seen.held()) {
      clean_ = false;
      free_since_ = now;
    }
    return observation_order::restarted;
  }
  const bool same =
      known_ && exists_ == seen.exists &&
      (!seen.exists || (order_ == seen.modify_index && holder_ == seen.session));
  if (same) {
    // A missing key: only the index of the table moved on.
    order_ = std::max(order_, seen.order());
    last_at_ = now;
    highest_ = std::max(highest_, seen.order());
    return observation_order::same;
  }
  take(seen, now);
  return observation_order::newer;
}

/// A free key that was never seen held counts as clean. An older answer that shows a holder, in
/// another life of the key, says that the key was deleted since: the holder lost it before the
/// newest observation arrived.
void key_history::take_older(const key_observation& seen) {
  const bool same_life = exists_ && create_index_ == seen.create_index;
  if (held() || !clean_ || !seen.held() || same_life) return;
  clean_ = false;
  free_since_ = last_at_;
}

void key_history::take(const key_observation& seen, time_point now) {
  if (!seen.held()) {
    clean_ = released_cleanly(seen);
    free_since_ = now;
  }
  passed_ = known_ && exists_ && passed_directly(holder_, create_index_, seen);
  exceeds_all_ = seen.order() > highest_;
  known_ = true;
  placeholder_ = false;
  if (seen.held() && holder_ != seen.session) holders_delay_ms_ = unknown_delay;
  exists_ = seen.exists;
  holder_ = seen.session;
  create_index_ = seen.create_index;
  lock_index_ = seen.lock_index;
  order_ = seen.order();
  last_at_ = now;
  highest_ = std::max(highest_, order_);
}

std::optional<duration> key_history::holders_lock_delay() const noexcept {
  if (holders_delay_ms_ == unknown_delay) return std::nullopt;
  return std::chrono::milliseconds(holders_delay_ms_);
}

void key_history::learn_lock_delay(duration delay) noexcept {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(delay).count();
  holders_delay_ms_ = static_cast<std::uint16_t>(std::clamp<std::int64_t>(ms, 0, 60'000));
}

bool key_history::released_cleanly(const key_observation& seen) const noexcept {
  if (!seen.exists) return !known_ && !dies_with_session_;
  if (!seen.empty_value) return false;
  // Never held in this life of the key: created in advance. Only a first observation can show that.
  if (!known_ && seen.lock_index == 0) return true;
  // A plain PUT of an empty value is no release: it resets the LockIndex to 0, a release keeps it.
  // And a release by hand (PUT ?release= with an empty body) lacks the flags of locks: its holder
  // was not asked to stop.
  if (seen.plain || seen.lock_index == 0) return false;
  if (!known_) return true;
  // Created again after a deletion: the holder before that may still be at work.
  if (seen.create_index != create_index_) return !exists_ && clean_;
  // If the key was free already, only a whole term in between makes it clean.
  return held() ? seen.lock_index >= lock_index_ : seen.lock_index > lock_index_;
}

}  // namespace tenure::core
