// The placeholder that a candidate writes into a missing key while a lock-delay keeps the key from
// it, and deletes again if it stands down. Why: docs/design.md.
#include "core/candidate/candidate.hpp"

namespace tenure::core {

// The key has an index now. A claim under it wins only if the key has been free since before this
// answer arrived, so that the quarantine counts from here, as that of any free key.
void candidate::placed(const key_observation& placeholder, time_point now) {
  busy_ = false;
  request_backoff_.reset();
  if (observe(placeholder, now) != observation_order::outdated) history_.placed();
}

void candidate::place_refused(time_point now) {
  busy_ = false;
  check_lease(now);
  read_wanted_ = true;
}

void candidate::place_failed(time_point now, std::uint64_t random) {
  busy_ = false;
  check_lease(now);
  place_wanted_ = read_wanted_ = true;
  retry_at_ = now + request_backoff_.next(random);
}

void candidate::cleared(time_point now) {
  busy_ = false;
  request_backoff_.reset();
  check_lease(now);
  history_.placeholder_gone();
  read_wanted_ = wanted_;
}

// One try is enough: the next winner takes the placeholder, and an election that is left does not
// wait for Consul.
void candidate::clear_failed(time_point now) {
  busy_ = false;
  check_lease(now);
  history_.placeholder_gone();
  read_wanted_ = wanted_;
}

}  // namespace tenure::core
