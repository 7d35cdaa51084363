#include "core/candidate/key_history.hpp"

#include <algorithm>

namespace tenure::core {

observation_order key_history::observe(const key_observation& seen, time_point now) {
  if (known_ && seen.order() < order_) {
    // A linearizable answer to a question asked after the newer sight had arrived cannot be older:
    // the server has begun another life.
    if (!seen.linearizable || seen.sent_at <= last_at_) return observation_order::outdated;
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

void key_history::take(const key_observation& seen, time_point now) {
  if (!seen.held()) {
    clean_ = released_cleanly(seen);
    free_since_ = now;
  }
  known_ = true;
  exists_ = seen.exists;
  holder_ = seen.session;
  create_index_ = seen.create_index;
  lock_index_ = seen.lock_index;
  order_ = seen.order();
  last_at_ = now;
  highest_ = std::max(highest_, order_);
}

bool key_history::released_cleanly(const key_observation& seen) const noexcept {
  if (!seen.exists) return !known_ && !dies_with_session_;
  if (!seen.empty_value) return false;
  // Never held in this life of the key: somebody made it in advance. Only a first sight can tell.
  if (!known_ && seen.lock_index == 0) return true;
  // A plain PUT of nothing is no release: it sets the LockIndex back to 0, a release keeps it. And
  // a release by hand (PUT ?release= with nothing in it) does not carry the flags of locks: the
  // holder was not asked to stop.
  if (seen.plain || seen.lock_index == 0) return false;
  if (!known_) return true;
  // Made again after a deletion: whoever held it before may still be at work.
  if (seen.create_index != create_index_) return !exists_ && clean_;
  // Over a key that was already free, only a whole term in between makes it clean.
  return held() ? seen.lock_index >= lock_index_ : seen.lock_index > lock_index_;
}

}  // namespace tenure::core
