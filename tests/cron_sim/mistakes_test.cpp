// Mutation testing of the checker: it finds each mistake within 200 seeds.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>

#include "cron_sim/cron_simulation.hpp"
#include "tenure-cron/testing/seeded_bug.hpp"

namespace {

using namespace tenure;
using cron::seeded_bug;
using cron_sim::mistake;
using namespace std::chrono_literals;

constexpr std::uint64_t max_seeds = 200;

using scenario_source = cron_sim::cron_scenario (*)(std::uint64_t seed);

cron_sim::cron_scenario drawn(std::uint64_t seed) {
  return cron_sim::cron_scenario::draw(seed, std::nullopt);
}

/// Leaders change often, and requests of earlier ones arrive late.
cron_sim::cron_scenario with_late_writes(std::uint64_t seed) {
  cron_sim::cron_scenario made = drawn(seed);
  made.consul.network.late = 0.3;
  made.consul.faults.operator_destroy = 5s;
  made.consul.faults.pause = 5s;
  return made;
}

/// Leaders wake after their lease, with answers that came meanwhile.
cron_sim::cron_scenario with_long_pauses(std::uint64_t seed) {
  cron_sim::cron_scenario made = drawn(seed);
  made.consul.faults.pause = 3s;
  return made;
}

/// `rules`: those that the mistake may violate first.
void expect_found(mistake made, seeded_bug bug, std::initializer_list<std::string_view> rules,
                  scenario_source scenario_of = drawn) {
  cron::enable_bug(bug);
  std::uint64_t seed = 1;
  cron_sim::outcome found;
  for (; seed <= max_seeds && found.passed(); ++seed)
    found = cron_sim::simulate(scenario_of(seed), made);
  cron::enable_bug(seeded_bug::none);
  INFO("after " << seed - 1 << " seeds: " << found.violation);
  std::printf("found after %llu seeds: %s\n", static_cast<unsigned long long>(seed - 1),
              found.violation.c_str());
  CHECK_FALSE(found.passed());
  bool named = false;
  for (const std::string_view rule : rules) named = named || found.violation.starts_with(rule);
  CHECK(named);
}

}  // namespace

TEST_CASE("no mistake: no violation where writes arrive late") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const cron_sim::outcome once = cron_sim::simulate(with_late_writes(seed));
    CHECK(once.violation == "");
  }
}
TEST_CASE("no mistake: no violation") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const cron_sim::outcome once =
        cron_sim::simulate(cron_sim::cron_scenario::draw(seed, std::nullopt));
    CHECK(once.violation == "");
  }
}
TEST_CASE("found: a run that begins before its claim is written") {
  expect_found(mistake::none, seeded_bug::ledger_after_spawn, {"C1", "C8"});
}
TEST_CASE("found: documents that are written over any version") {
  expect_found(mistake::none, seeded_bug::unguarded_ledger, {"C1", "C3", "C5", "C8"});
}
TEST_CASE("found: a lost answer that is taken for a claim") {
  expect_found(mistake::none, seeded_bug::lost_reply_is_claim, {"C1", "C3", "C8"});
}
TEST_CASE("found: a run that begins without a look at the lease") {
  expect_found(mistake::lease_not_asked, seeded_bug::holds_not_asked, {"C2"}, with_long_pauses);
}
// A leader that heeds the claims of others hides this one.
TEST_CASE("found: a ledger with neither guard nor version, and leaders that heed no others") {
  expect_found(mistake::unguarded_write, seeded_bug::others_not_heeded, {"C1", "C3", "C5", "C8"},
               with_late_writes);
}
TEST_CASE("found: a leader that counts from its own clock") {
  expect_found(mistake::last_tick_from_clock, seeded_bug::none, {"C1", "C3"});
}
TEST_CASE("found: a leader that forgets the runs of its predecessors") {
  expect_found(mistake::old_runs_forgotten, seeded_bug::none, {"C3"});
}
