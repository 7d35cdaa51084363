// Mutation testing of the slot checker.
#include <catch2/catch_test_macros.hpp>

#include "seeded_bugs.hpp"

namespace {

using namespace tenure;
using core::seeded_bug;
using sim::expect_clean;
using sim::expect_found;
using namespace std::chrono_literals;

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

/// Whose `.lock` is deleted and comes back from snapshots, with slow requests.
sim::scenario restored_semaphore(std::uint64_t seed) {
  sim::scenario made = busy_semaphore(seed);
  made.semaphores.slots = 1;
  made.semaphores.remove_lock = made.semaphores.restore = 4s;
  made.semaphores.overwrite_lock = made.semaphores.destroy_holder = 0s;
  made.network.slow = 0.2;
  made.network.slow_most = 2s;
  return made;
}

/// Half of the contenders take its two slots for five, as in a rolling change of the number.
sim::scenario resized_semaphore(std::uint64_t seed) {
  sim::scenario made = busy_semaphore(seed);
  made.semaphores.other_slots = 5;
  made.semaphores.remove_lock = made.semaphores.overwrite_lock = 0s;
  return made;
}

}  // namespace

TEST_CASE("no seeded bug: no violation in a busy semaphore") { expect_clean(busy_semaphore, 40); }
TEST_CASE("no seeded bug: no violation in a semaphore that is restored") {
  expect_clean(restored_semaphore, 40);
}
TEST_CASE("no seeded bug: no violation where contenders disagree on the number of slots") {
  expect_clean(resized_semaphore, 40);
}

TEST_CASE("found: a slot beside a dead holder that relies on a smaller number of slots") {
  expect_found(seeded_bug::slot_limit_of_dead_forgotten, {"P1"}, resized_semaphore);
}

TEST_CASE("found: holders forgotten with a .lock that was deleted or restored") {
  expect_found(seeded_bug::slot_forgets_holders, {"P1"}, restored_semaphore);
}
TEST_CASE("found: an old answer that replaces a newer one") {
  expect_found(seeded_bug::slot_late_answer_counts, {"P1"}, restored_semaphore);
}
TEST_CASE("found: a slot that begins though another contender had one since it was claimed") {
  expect_found(seeded_bug::slot_of_late_claim, {"P1"}, restored_semaphore);
}

TEST_CASE("found: the slot of a dead holder taken at once") {
  expect_found(seeded_bug::slot_of_dead_is_free, {"P1"}, busy_semaphore);
}
TEST_CASE("found: a slot that is free because a name is gone from .lock") {
  expect_found(seeded_bug::slot_trusts_vanished, {"P1"}, busy_semaphore);
}
TEST_CASE("found: .lock written without check-index") {
  expect_found(seeded_bug::slot_without_index, {"P1"}, busy_semaphore);
}
TEST_CASE("found: an answer of the watch taken for the proof of a slot") {
  expect_found(seeded_bug::slot_proven_by_watch, {"P3"}, busy_semaphore);
}
TEST_CASE("found: a lost answer taken for an acquired slot") {
  expect_found(seeded_bug::slot_lost_reply_is_won, {"P2"}, busy_semaphore);
}
TEST_CASE("found: the lease of a slot that counts from the reply") {
  expect_found(seeded_bug::slot_lease_from_reply, {"P3"}, busy_semaphore);
}
