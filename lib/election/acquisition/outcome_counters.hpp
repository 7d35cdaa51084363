// Which counter an operation of the lock queue adds to, by its outcome.
#pragma once

#include <tenure/metric.hpp>

#include "election/acquisition/lock_op.hpp"

namespace tenure::impl {

inline metric refusal_counter(consul::txn_failure why) noexcept {
  switch (why) {
    case consul::txn_failure::held_by_another:
      return metric::claims_refused_held;
    case consul::txn_failure::lock_delay:
      return metric::claims_refused_lock_delay;
    case consul::txn_failure::invalid_session:
      return metric::claims_refused_session;
    case consul::txn_failure::index_mismatch:
    case consul::txn_failure::missing_key:
      return metric::claims_refused_changed;
    case consul::txn_failure::forbidden:
    case consul::txn_failure::other:
      break;
  }
  return metric::claims_refused_other;
}

inline metric claim_counter(const lock_outcome& outcome) noexcept {
  switch (outcome.what) {
    case lock_outcome_kind::done:
      return metric::claims_acquired;
    case lock_outcome_kind::refused:
      return refusal_counter(outcome.why);
    case lock_outcome_kind::failed:
      return metric::claims_failed;
    case lock_outcome_kind::unknown:
      break;
  }
  return metric::claims_unknown;
}

inline metric release_counter(const lock_outcome& outcome) noexcept {
  switch (outcome.what) {
    case lock_outcome_kind::done:
      return metric::releases_done;
    case lock_outcome_kind::refused:
      return metric::releases_missed;
    case lock_outcome_kind::failed:
    case lock_outcome_kind::unknown:
      break;
  }
  return metric::releases_failed;
}

inline metric hand_over_counter(lock_outcome_kind outcome) noexcept {
  switch (outcome) {
    case lock_outcome_kind::done:
      return metric::hand_overs_done;
    case lock_outcome_kind::refused:
      return metric::hand_overs_refused;
    case lock_outcome_kind::failed:
      return metric::hand_overs_failed;
    case lock_outcome_kind::unknown:
      break;
  }
  return metric::hand_overs_unknown;
}

}  // namespace tenure::impl
