// Mutation testing of the slot checker: it finds each seeded bug of semaphores within 200 seeds.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>

#include "core/testing/seeded_bug.hpp"
#include "seeds.hpp"

namespace {

using namespace tenure;
using core::seeded_bug;
using namespace std::chrono_literals;

constexpr std::uint64_t max_seeds = 200;

/// Five contenders for two slots, whose sessions die often, while operators spoil `.lock`.
sim::scenario busy_semaphore(std::uint64_t seed) {
  sim::scenario made = sim::scenario::draw(seed, std::nullopt);
  made.elections = 1;
  made.tenants = 1;
  made.groups = sim::group_settings();
  made.processes = made.addresses = 5;
  made.foreign_contenders = 0;
  made.unrelated_keys = 0;
  made.span = made.span / 5 + 500ms;
  made.stop_budget = made.span / 5;
  made.drift_ppm = 0;
  made.mixed_spans = false;
  made.faults.partition = made.faults.pause = 10s;
  made.faults.crash = 20s;
  made.semaphores = sim::semaphore_settings();
  made.semaphores.semaphores = 1;
  made.semaphores.slots = 2;
  made.semaphores.remove_lock = made.semaphores.overwrite_lock = 15s;
  made.semaphores.remove_contender = made.semaphores.destroy_holder = 10s;
  return made;
}

void expect_found(seeded_bug bug) {
  core::enable_bug(bug);
  std::uint64_t seed = 1;
  sim::outcome found;
  for (; seed <= max_seeds && found.passed(); ++seed) found = sim::simulate(busy_semaphore(seed));
  core::enable_bug(seeded_bug::none);
  INFO("after " << seed - 1 << " seeds: " << found.violation);
  std::printf("found after %llu seeds: %s\n", static_cast<unsigned long long>(seed - 1),
              found.violation.c_str());
  CHECK_FALSE(found.passed());
}

}  // namespace

TEST_CASE("no seeded bug: no violation in a busy semaphore") {
  core::enable_bug(seeded_bug::none);
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const sim::outcome once = sim::simulate(busy_semaphore(seed));
    INFO("seed " << seed);
    CHECK(once.violation == "");
  }
}

TEST_CASE("found: the slot of a dead holder taken at once") {
  expect_found(seeded_bug::slot_of_dead_is_free);
}
TEST_CASE("found: a slot that is free because a name is gone from .lock") {
  expect_found(seeded_bug::slot_trusts_vanished);
}
TEST_CASE("found: .lock written without check-index") {
  expect_found(seeded_bug::slot_without_index);
}
TEST_CASE("found: an answer of the watch taken for the proof of a slot") {
  expect_found(seeded_bug::slot_proven_by_watch);
}
TEST_CASE("found: a lost answer taken for an acquired slot") {
  expect_found(seeded_bug::slot_lost_reply_is_won);
}
TEST_CASE("found: the lease of a slot that counts from the reply") {
  expect_found(seeded_bug::slot_lease_from_reply);
}
