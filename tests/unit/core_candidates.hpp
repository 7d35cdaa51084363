// The candidates with which tests of lib/core begin. Their span is 10 s, and so the lease 9.7 s (1%
// drift, a margin of 200 ms); the stop budget is 2 s.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "core/candidate/candidate.hpp"
#include "core_observations.hpp"

namespace tenure::test {

inline const core::candidate_rules rules(
    core::lease_rules(std::chrono::seconds(10), std::chrono::seconds(2)),
    std::chrono::seconds(10));

/// Stands, with the session S.
inline core::candidate standing() {
  core::candidate c(rules);
  c.session_ready("S");
  c.stand();
  return c;
}

/// Sees the key free and clean, and wins it at index 20 by a claim sent at `t`.
inline void lead(core::candidate& c, double t) {
  c.observe(free_clean(10), at(t));
  REQUIRE(c.next(at(t)) == core::action::claim);
  c.claim_won(surely(held_by("S", 20), at(t)), at(t), 0);
  REQUIRE(c.next(at(t)) == core::action::begin);
  REQUIRE(c.stage() == core::stage::leading);
}

/// Leads at index 20 since 0.
inline core::candidate leading() {
  core::candidate c = standing();
  lead(c, 0);
  return c;
}

}  // namespace tenure::test
