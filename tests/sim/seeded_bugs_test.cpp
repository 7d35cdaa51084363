// Mutation testing of the checkers: they find each seeded bug within 200 seeds.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>

#include "core/testing/seeded_bug.hpp"
#include "seeds.hpp"

namespace {

using namespace tenure;
using core::seeded_bug;

constexpr std::uint64_t max_seeds = 200;

void expect_found(seeded_bug bug) {
  core::enable_bug(bug);
  std::uint64_t seed = 1;
  sim::outcome found;
  for (; seed <= max_seeds && found.passed(); ++seed) {
    found = sim::simulate(sim::scenario::draw(seed, std::nullopt));
  }
  core::enable_bug(seeded_bug::none);
  INFO("after " << seed - 1 << " seeds: " << found.violation);
  std::printf("found after %llu seeds: %s\n", static_cast<unsigned long long>(seed - 1),
              found.violation.c_str());
  CHECK_FALSE(found.passed());
}

}  // namespace

TEST_CASE("no seeded bug: no violation") {
  core::enable_bug(seeded_bug::none);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const sim::outcome once = sim::simulate(sim::scenario::draw(seed, std::nullopt));
    CHECK(once.violation == "");
  }
}

TEST_CASE("found: no quarantine") { expect_found(seeded_bug::no_quarantine); }
TEST_CASE("found: the quarantine of a missing key counted from its first sight") {
  expect_found(seeded_bug::missing_since_seen);
}
TEST_CASE("found: no placeholder") { expect_found(seeded_bug::no_placeholder); }
TEST_CASE("found: a placeholder that looks like a clean release") {
  expect_found(seeded_bug::empty_placeholder);
}
TEST_CASE("found: a claim that does not check the placeholder's index") {
  expect_found(seeded_bug::unguarded_placeholder);
}
TEST_CASE("found: a clean release within the quarantine") {
  expect_found(seeded_bug::clean_within_quarantine);
}
TEST_CASE("found: a lease that counts from the reply") {
  expect_found(seeded_bug::lease_from_reply);
}
TEST_CASE("found: a renewal used as a proof") { expect_found(seeded_bug::renewal_is_proof); }
TEST_CASE("found: a fence from the LockIndex") { expect_found(seeded_bug::fence_is_lock_index); }
TEST_CASE("found: an unguarded unlock") { expect_found(seeded_bug::unguarded_unlock); }
TEST_CASE("found: an unguarded proclaim") { expect_found(seeded_bug::unguarded_proclaim); }
TEST_CASE("found: a write guarded by check-session alone") {
  expect_found(seeded_bug::session_guards_write);
}
TEST_CASE("found: a release before the body has ended") {
  expect_found(seeded_bug::release_before_stop);
}
TEST_CASE("found: a lost reply treated as a failure") {
  expect_found(seeded_bug::lost_reply_is_failure);
}
TEST_CASE("found: renewals on the shared lane") {
  expect_found(seeded_bug::renewal_on_shared_lane);
}
TEST_CASE("found: a body that gets no stop request") { expect_found(seeded_bug::no_stop); }
