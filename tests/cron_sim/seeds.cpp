#include "cron_sim/seeds.hpp"

#include <algorithm>
#include <fstream>
#include <optional>

namespace tenure::cron_sim {

namespace {

const std::string list = TENURE_SOURCE_DIR "/tests/cron_sim/regressions.txt";

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

std::vector<std::uint64_t> regressions() {
  std::vector<std::uint64_t> seeds;
  std::ifstream in(list);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
  }
  return seeds;
}

void add_regression(std::uint64_t seed, const outcome& failed) {
  const std::vector<std::uint64_t> known = regressions();
  if (std::find(known.begin(), known.end(), seed) != known.end()) return;
  std::ofstream out(list, std::ios::app);
  out << seed << "  " << failed.violation << '\n';
}

}  // namespace tenure::cron_sim
