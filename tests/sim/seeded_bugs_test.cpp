// The checkers are checked: each mistake that could have been made is found within 200 seeds.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>

#include "core/testing/seeded_bug.hpp"
#include "seeds.hpp"

namespace {

using namespace tenure;
using core::seeded_bug;

constexpr std::uint64_t most_seeds = 200;

void is_found(seeded_bug mistake) {
  core::enable_bug(mistake);
  std::uint64_t seed = 1;
  sim::outcome found;
  for (; seed <= most_seeds && found.passed(); ++seed) {
    found = sim::simulate(sim::plan::draw(seed, std::nullopt));
  }
  core::enable_bug(seeded_bug::none);
  INFO("after " << seed - 1 << " seeds: " << found.verdict);
  std::printf("found after %llu seeds: %s\n", static_cast<unsigned long long>(seed - 1),
              found.verdict.c_str());
  CHECK_FALSE(found.passed());
}

}  // namespace

TEST_CASE("without a mistake nothing is found") {
  core::enable_bug(seeded_bug::none);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const sim::outcome once = sim::simulate(sim::plan::draw(seed, std::nullopt));
    CHECK(once.verdict == "");
  }
}

TEST_CASE("found: no quarantine") { is_found(seeded_bug::no_quarantine); }
TEST_CASE("found: a clean release within the quarantine") {
  is_found(seeded_bug::clean_within_quarantine);
}
TEST_CASE("found: a lease from the reply's time") { is_found(seeded_bug::lease_from_reply); }
TEST_CASE("found: a renewal taken for a proof") { is_found(seeded_bug::renewal_is_proof); }
TEST_CASE("found: a fence from the LockIndex") { is_found(seeded_bug::fence_is_lock_index); }
TEST_CASE("found: an unguarded unlock") { is_found(seeded_bug::unguarded_unlock); }
TEST_CASE("found: an unguarded proclaim") { is_found(seeded_bug::unguarded_proclaim); }
TEST_CASE("found: a write with check-session alone") { is_found(seeded_bug::session_guards_write); }
TEST_CASE("found: a release before the body has ended") {
  is_found(seeded_bug::release_before_stop);
}
TEST_CASE("found: a lost reply taken for a failure") { is_found(seeded_bug::lost_reply_is_failure); }
TEST_CASE("found: renewals on the shared lane") { is_found(seeded_bug::renewal_on_shared_lane); }
TEST_CASE("found: a body that is not told to stop") { is_found(seeded_bug::no_stop); }
