// A candidate that a key may be handed over to, for tests.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "core/candidate/candidate.hpp"
#include "core_observations.hpp"

namespace tenure::test {

inline const core::candidate_rules heir_rules(
    core::lease_rules(std::chrono::seconds(10), std::chrono::seconds(2)), std::chrono::seconds(10));

/// Has seen A's hold at index 20 and leaves free keys to others.
class heir {
 public:
  heir() : c(heir_rules) {
    c.session_ready("S");
    c.stand();
    c.set_claims_wait(true);
    c.observe(held_by("A", 20), at(0));
    REQUIRE(c.next(at(0)) == core::action::wait);
  }
  /// Sees the key in its own hands, in the answer to a ?consistent poll that was sent at `sent`.
  void receive(std::uint64_t index, double sent, double now) {
    c.observe(surely(held_by("S", index), at(sent)), at(now));
  }
  /// Leads from 10 s on.
  void lead() {
    receive(30, 9, 10);
    REQUIRE(c.next(at(10)) == core::action::begin);
  }
  /// Its body has returned.
  void end(double now) {
    c.work_stopped(at(now));
    REQUIRE(c.next(at(now)) == core::action::end);
    REQUIRE(c.next(at(now)) == core::action::release);
  }

  core::candidate c;
};

}  // namespace tenure::test
