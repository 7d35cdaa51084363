// The placeholder: what a candidate writes into a missing key that a lock-delay keeps it from
// acquiring.
//
// A session with the behaviour `remove` deletes its key when it dies, and a missing key has no
// index: a claim that wins it later does not show that no other process held it in between. The
// placeholder gives the key an index. A plain write is allowed during a lock-delay, and needs no
// session.
#include <optional>

#include "election/context.hpp"
#include "election/participant/observations.hpp"
#include "election/participant/participant.hpp"

namespace tenure::impl {
namespace {

// Not empty: an empty value would be a clean release to a candidate that sees the key for the first
// time.
constexpr const char* placeholder_value = "no leader";

}  // namespace

// With the flags of locks: consul/api's contenders refuse a key that has others.
std::optional<lock_op> participant::make_placeholder_op(lock_op::kind what) const {
  if (what == lock_op::kind::place) {
    lock_op c(what, consul::txn_op::set(key(), placeholder_value, consul::lock_flags));
    c.guard = consul::txn_op::check_not_exists(key());
    return c;
  }
  // Since it was queued another candidate may have acquired the key.
  const std::uint64_t index = fsm_.placeholder_index();
  if (index == 0) return std::nullopt;
  lock_op c(what, consul::txn_op::remove(key()));
  c.guard = consul::txn_op::check_index(key(), index);
  return c;
}

void participant::place_done(const lock_outcome& outcome, time_point now) {
  switch (outcome.what) {
    case lock_outcome_kind::done:
      log(log_level::debug, "placeholder written");
      fsm_.placed(observation_of_write(outcome.written, outcome, written_key{}), now);
      break;
    case lock_outcome_kind::refused:
      fsm_.place_refused(now);
      break;
    case lock_outcome_kind::failed:
    case lock_outcome_kind::unknown:
      fsm_.place_failed(now, env().random->next());
      break;
  }
}

void participant::clear_done(const lock_outcome& outcome, time_point now) {
  switch (outcome.what) {
    case lock_outcome_kind::done:
      log(log_level::debug, "placeholder deleted");
      fsm_.cleared(now);
      break;
    case lock_outcome_kind::refused:
      fsm_.cleared(now);
      break;
    case lock_outcome_kind::failed:
    case lock_outcome_kind::unknown:
      fsm_.clear_failed(now);
      break;
  }
}

}  // namespace tenure::impl
