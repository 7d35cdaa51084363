#include "cron_sim/seeds.hpp"

#include <optional>

#include "support/regression_list.hpp"

namespace tenure::cron_sim {

namespace {

const test::regression_list list(TENURE_SOURCE_DIR "/tests/cron_sim/regressions.txt");

}  // namespace

outcome run_twice(std::uint64_t seed) {
  const cron_scenario s = cron_scenario::draw(seed, std::nullopt);
  outcome first = simulate(s);
  if (!first.passed()) return first;
  const outcome second = simulate(s);
  if (first.hash != second.hash || first.steps != second.steps)
    first.violation = "D1: two runs of one seed have different traces";
  return first;
}

std::string report(std::uint64_t seed, const outcome& failed) {
  return "seed " + std::to_string(seed) + ": " + failed.violation + "\n  " + failed.scenario +
         "\n  repeat: ./dev sim --cron --seed " + std::to_string(seed) + " --trace\n";
}

std::vector<std::uint64_t> regressions() { return list.seeds(); }

void add_regression(std::uint64_t seed, const outcome& failed) { list.add(seed, failed.violation); }

}  // namespace tenure::cron_sim
