#include "core/key_history.hpp"

#include <algorithm>

namespace tenure::core {

sight_verdict key_history::saw(const key_sight& sight, time_point now) {
  if (known_ && sight.order() < order_) {
    // A linearizable answer to a question asked after the newer sight had arrived cannot be older:
    // the server has begun another life.
    if (!sight.linearizable || sight.sent_at <= last_at_) return sight_verdict::outdated;
    known_ = false;
    take(sight, now);
    if (!sight.held()) {
      clean_ = false;
      free_since_ = now;
    }
    return sight_verdict::restarted;
  }
  const bool same =
      known_ && exists_ == sight.exists &&
      (!sight.exists || (order_ == sight.modify_index && holder_ == sight.session));
  if (same) {
    // A missing key: only the index of the table moved on.
    order_ = std::max(order_, sight.order());
    last_at_ = now;
    highest_ = std::max(highest_, sight.order());
    return sight_verdict::same;
  }
  take(sight, now);
  return sight_verdict::newer;
}

void key_history::take(const key_sight& sight, time_point now) {
  if (!sight.held()) {
    clean_ = released_cleanly(sight);
    free_since_ = now;
  }
  known_ = true;
  exists_ = sight.exists;
  holder_ = sight.session;
  create_index_ = sight.create_index;
  lock_index_ = sight.lock_index;
  order_ = sight.order();
  last_at_ = now;
  highest_ = std::max(highest_, order_);
}

bool key_history::released_cleanly(const key_sight& sight) const noexcept {
  if (!sight.exists) return !known_ && !dies_with_session_;
  if (!sight.empty_value) return false;
  // Never held in this life of the key: somebody made it in advance. Only a first sight can tell.
  if (!known_ && sight.lock_index == 0) return true;
  // A plain PUT of nothing is no release: it sets the LockIndex back to 0, a release keeps it. And
  // a release by hand (PUT ?release= with nothing in it) does not carry the flags of locks: the
  // holder was not asked to stop.
  if (sight.plain || sight.lock_index == 0) return false;
  if (!known_) return true;
  // Made again after a deletion: whoever held it before may still be at work.
  if (sight.create_index != create_index_) return !exists_ && clean_;
  // Over a key that was already free, only a whole term in between makes it clean.
  return held() ? sight.lock_index >= lock_index_ : sight.lock_index > lock_index_;
}

}  // namespace tenure::core
