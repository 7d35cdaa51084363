// Runs the seeds that failed once, a fixed set, and random new ones.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <vector>

#include "cron_sim/seeds.hpp"
#include "runtime/random_source.hpp"

namespace {

using namespace tenure;

std::uint64_t seeds_per_set() {
  const char* wanted = std::getenv("TENURE_SIM_SEEDS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 200;
}

void run(std::uint64_t seed, const cron_sim::outcome& once, sim::probes& all) {
  all.add(once.probes);
  if (once.passed()) return;
  cron_sim::add_regression(seed, once);
  FAIL_CHECK(cron_sim::report(seed, once));
}

/// A simulation proves nothing about a path that it never runs.
void check_paths(const sim::probes& all) {
  for (const char* path : {
           "run: schedule",
           "run: catch_up",
           "run: operator",
           "run: retry_unknown",
           "record: finished",
           "record: unknown",
           "record: no_leader",
           "record: suspended",
           "record: overlap",
           "record: deadline",
           "record: paused",
           "a page of records was removed",
           "run not started: the lease had ended",
           "wall clock set",
           "wall clock wrong by minutes or hours",
       }) {
    INFO(path);
    CHECK(all.counts().contains(path));
  }
}

void run_from(std::uint64_t first, std::uint64_t count) {
  sim::probes all;
  for (std::uint64_t seed = first; seed < first + count; ++seed)
    run(seed, cron_sim::simulate(cron_sim::cron_scenario::draw(seed, std::nullopt)), all);
  if (count >= 100) check_paths(all);
}

}  // namespace

TEST_CASE("cron simulation: seeds that failed once") {
  sim::probes all;
  const std::vector<std::uint64_t> seeds = cron_sim::regressions();
  const std::size_t count = std::min<std::size_t>(seeds.size(), seeds_per_set());
  for (std::size_t i = seeds.size() - count; i < seeds.size(); ++i)
    run(seeds[i], cron_sim::run_twice(seeds[i]), all);
}

TEST_CASE("cron simulation: two runs of a seed are the same") {
  sim::probes all;
  for (std::uint64_t seed = 1; seed <= std::min<std::uint64_t>(10, seeds_per_set()); ++seed)
    run(seed, cron_sim::run_twice(seed), all);
}

TEST_CASE("cron simulation: fixed seeds") { run_from(1, seeds_per_set()); }

TEST_CASE("cron simulation: new random seeds") {
  // Of seven digits: easy to type.
  const std::uint64_t first = 1'000'000 + runtime::system_random()->below(8'000'000);
  run_from(first, seeds_per_set() / 10);
}
