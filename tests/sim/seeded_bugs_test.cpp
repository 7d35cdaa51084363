// Mutation testing of the checkers.
#include <catch2/catch_test_macros.hpp>

#include "seeded_bugs.hpp"

namespace {

using namespace tenure;
using core::seeded_bug;
using sim::drawn;
using sim::expect_clean;
using sim::expect_found;
using namespace std::chrono_literals;

/// Sessions delete their keys, and die often; spans are short, and requests may arrive much later.
sim::scenario with_removed_keys(std::uint64_t seed) {
  sim::scenario made = drawn(seed);
  made.behavior = session_behavior::remove;
  made.elections = 1;
  made.tenants = 1;
  made.processes = made.addresses = 3;
  made.foreign_contenders = 0;
  made.span = made.span / 5 + 500ms;
  made.stop_budget = made.span / 5;
  made.lock_delay = seed % 2 == 0 ? duration(0s) : made.span / 2;
  made.drift_ppm = 0;
  made.mixed_spans = false;
  made.network.late = 0.2;
  made.faults.partition = made.faults.operator_destroy = 10s;
  made.faults.crash = 20s;
  return made;
}

/// Sessions delete their keys, and the lock-delay of a dead leader's session refuses claims for as
/// long as the lease lasts.
sim::scenario with_lock_delay(std::uint64_t seed) {
  sim::scenario made = drawn(seed);
  made.behavior = session_behavior::remove;
  made.lock_delay = made.span;
  made.mixed_spans = false;
  made.foreign_contenders = 0;
  made.groups = sim::group_settings();
  return made;
}

/// A group whose members come and go, while operators destroy sessions and write old notices again.
sim::scenario busy_group(std::uint64_t seed) {
  sim::scenario made = drawn(seed);
  made.tenants = 1;
  made.elections = 12;
  made.processes = made.addresses = 3;
  made.foreign_contenders = 0;
  made.unrelated_keys = 0;
  made.mixed_spans = false;
  made.lock_delay = 0s;
  made.faults.partition = 10s;
  made.faults.operator_destroy = 5s;
  made.groups = sim::group_settings();
  made.groups.groups = 1;
  made.groups.settling_time = 1s;
  made.groups.hand_over_limit = 5s;
  made.groups.stays = 15s;
  made.groups.drain = 10s;
  made.groups.restore = 2s;
  return made;
}

/// A group without any other fault. All of its members see each change within milliseconds.
sim::scenario quiet_group(std::uint64_t seed) {
  sim::scenario made = drawn(seed);
  made.tenants = made.pool = 1;
  made.connections = 40;
  made.server_limit = 200;
  made.foreign_contenders = 0;
  made.unrelated_keys = 0;
  made.behavior = session_behavior::release;
  made.liveness.reset();
  made.lock_delay = 0s;
  made.mixed_spans = made.slow_bodies = made.embedded = false;
  made.drift_ppm = 0;
  made.network = sim::network_rates();
  made.network.quick_most = 2ms;
  made.server = sim::server_rates();
  made.faults = sim::fault_intervals();
  made.groups = sim::group_settings();
  made.groups.groups = 1;
  made.groups.hand_over_limit = 5s;
  made.span = 12s;
  made.ttl = 15s;
  made.stop_budget = 2s;
  made.wait = 30s;
  made.fault_phase = 60s;
  return made;
}

/// Elections go to and fro between two members, which are drained in turn, while operators write
/// old notices of hand-overs again.
sim::scenario swapping_members(std::uint64_t seed) {
  sim::scenario made = quiet_group(seed);
  made.elections = 4;
  made.processes = made.addresses = 2;
  made.groups.drain = 3s;
  made.groups.restore = 200ms;
  return made;
}

/// One of four members dies, which lead the elections of three prefixes. Its elections become free
/// for the others prefix by prefix.
sim::scenario dying_member(std::uint64_t seed) {
  sim::scenario made = quiet_group(seed);
  made.elections = 60;
  made.processes = made.addresses = 4;
  made.fault_phase = 10s;
  made.single_claims = true;
  return made;
}

/// Processes with groups, slots and a liveness check restart all the time, while Consul is often
/// out of reach.
sim::scenario restarts_in_outages(std::uint64_t seed) {
  sim::scenario made = drawn(seed);
  made.elections = 4;
  made.processes = made.addresses = 3;
  made.faults.quorum_loss = 15s;
  made.faults.partition = made.faults.restart = 10s;
  made.groups = sim::group_settings();
  made.groups.groups = 1;
  made.groups.settling_time = 1s;
  made.groups.hand_over_limit = 5s;
  made.semaphores = sim::semaphore_settings();
  made.semaphores.semaphores = 1;
  return made;
}

/// The embedded agent is stopped and started together with its clients. A leader that is cut off
/// goes on, and loses its session long before its lease ends.
sim::scenario stopping_agent(std::uint64_t seed) {
  sim::scenario made = drawn(seed);
  made.embedded = true;
  made.elections = made.tenants = made.pool = 1;
  made.processes = made.addresses = 2;
  made.foreign_contenders = 0;
  made.unrelated_keys = 0;
  made.liveness.reset();
  made.groups = sim::group_settings();
  made.semaphores = sim::semaphore_settings();
  made.mixed_spans = made.slow_bodies = false;
  made.span = 40s;
  made.ttl = 10s;
  made.stop_budget = 2s;
  made.lock_delay = 0s;
  made.network = sim::network_rates();
  made.network.quick_most = 2ms;
  made.server = sim::server_rates();
  made.server.early_expiry = true;
  made.faults = sim::fault_intervals();
  made.faults.partition = made.faults.redeploy = 60s;
  made.faults.operator_release = 30s;
  made.fault_phase = 1h;
  return made;
}

/// The same, and its clients also contend for two slots.
sim::scenario stopping_agent_of_slots(std::uint64_t seed) {
  sim::scenario made = stopping_agent(seed);
  made.processes = made.addresses = 3;
  made.semaphores.semaphores = 1;
  made.semaphores.slots = 2;
  return made;
}

}  // namespace

TEST_CASE("no seeded bug: no violation") { expect_clean(drawn); }
TEST_CASE("no seeded bug: no violation where sessions delete their keys") {
  expect_clean(with_removed_keys);
}
TEST_CASE("no seeded bug: no violation behind a lock-delay") { expect_clean(with_lock_delay); }
TEST_CASE("no seeded bug: no violation in a busy group") { expect_clean(busy_group); }
TEST_CASE("no seeded bug: no violation where two members are drained in turn") {
  expect_clean(swapping_members);
}
TEST_CASE("no seeded bug: no violation where a member dies") { expect_clean(dying_member); }
TEST_CASE("no seeded bug: no violation where processes restart in outages") {
  expect_clean(restarts_in_outages);
}
TEST_CASE("no seeded bug: no violation where the embedded agent is stopped and started") {
  expect_clean(stopping_agent);
}
TEST_CASE("no seeded bug: no violation where the agent of a semaphore is stopped and started") {
  expect_clean(stopping_agent_of_slots);
}

TEST_CASE("found: no quarantine") { expect_found(seeded_bug::no_quarantine, {"S1", "S4"}); }
TEST_CASE("found: the quarantine of a missing key counted from its first sight") {
  expect_found(seeded_bug::missing_since_seen, {"S1", "S4"}, with_removed_keys);
}
TEST_CASE("found: no placeholder") {
  expect_found(seeded_bug::no_placeholder, {"L4"}, with_lock_delay);
}
TEST_CASE("found: a placeholder taken for a clean release by its writer") {
  expect_found(seeded_bug::placeholder_is_clean, {"S1", "S4"}, with_removed_keys);
}
TEST_CASE("found: a clean release within the quarantine") {
  expect_found(seeded_bug::clean_within_quarantine, {"S1", "S4", "S6"});
}
TEST_CASE("found: a lease that counts from the reply") {
  expect_found(seeded_bug::lease_from_reply, {"S3"});
}
TEST_CASE("found: a renewal used as a proof") {
  expect_found(seeded_bug::renewal_is_proof, {"S3"});
}
TEST_CASE("found: a fence from the LockIndex") {
  expect_found(seeded_bug::fence_is_lock_index, {"S2", "S3"});
}
TEST_CASE("found: an unguarded unlock") { expect_found(seeded_bug::unguarded_unlock, {"S6"}); }
TEST_CASE("found: an unguarded proclaim") { expect_found(seeded_bug::unguarded_proclaim, {"S6"}); }
TEST_CASE("found: a write guarded by check-session alone") {
  expect_found(seeded_bug::session_guards_write, {"S5"});
}
TEST_CASE("found: a release before the body has ended") {
  expect_found(seeded_bug::release_before_stop, {"S6"});
}
TEST_CASE("found: a lost reply treated as a failure") {
  expect_found(seeded_bug::lost_reply_is_failure, {"S5"});
}
TEST_CASE("found: renewals on the shared lane") {
  expect_found(seeded_bug::renewal_on_shared_lane, {"L2"});
}
TEST_CASE("found: a body that gets no stop request") {
  expect_found(seeded_bug::no_stop, {"S4", "P6"});
}
TEST_CASE("found: a hand-over within the quarantine of the giver") {
  expect_found(seeded_bug::hand_over_pending, {"S1", "S4", "S7"}, busy_group);
}
TEST_CASE("found: a hand-over while the giver's work runs") {
  expect_found(seeded_bug::hand_over_working, {"S6", "S7"});
}
TEST_CASE("found: a received term that counts from the arrival of an answer") {
  expect_found(seeded_bug::receive_without_read, {"S3"});
}
TEST_CASE("found: a late claim taken for a hand-over") {
  expect_found(seeded_bug::receive_with_open_claim, {"S1", "S4", "S7"});
}
TEST_CASE("found: a notice that is believed whatever was seen of its key") {
  expect_found(seeded_bug::trust_any_notice, {"S3"}, swapping_members);
}
TEST_CASE("found: a member key that is deleted without its notices") {
  expect_found(seeded_bug::notices_left, {"H3"}, restarts_in_outages);
}
TEST_CASE("found: a plan without the elections of the dead") {
  expect_found(seeded_bug::plan_skips_dead, {"L7"}, dying_member);
}
TEST_CASE("found: a plan that moves elections to members that have not settled") {
  expect_found(seeded_bug::plan_ignores_settling, {"L6"});
}

TEST_CASE("found: a shut-down in which each request has a time-out for itself") {
  expect_found(seeded_bug::ends_by_each_timeout, {"H2"}, restarts_in_outages);
}
TEST_CASE("found: a clean stop of the agent while the lease of a lost lock runs") {
  expect_found(seeded_bug::clean_stop_in_lease, {"S1", "S4"}, stopping_agent);
  expect_found(seeded_bug::clean_stop_in_lease, {"P1"}, stopping_agent_of_slots);
}
