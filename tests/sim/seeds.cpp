#include "seeds.hpp"

#include <cstdio>

#include "support/regression_list.hpp"

namespace tenure::sim {

namespace {

const test::regression_list list(TENURE_SOURCE_DIR "/tests/sim/regressions.txt");

std::string commit() {
  std::string text = "unknown";
  const char* command = "git -C " TENURE_SOURCE_DIR " rev-parse --short HEAD 2>/dev/null";
  if (std::FILE* git = ::popen(command, "r")) {
    char line[64] = {};
    if (std::fgets(line, sizeof line, git) != nullptr) text = line;
    ::pclose(git);
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

outcome run_twice(std::uint64_t seed, std::optional<duration> faults_for) {
  const scenario s = scenario::draw(seed, faults_for);
  outcome first = simulate(s);
  if (!first.passed()) return first;
  const outcome second = simulate(s);
  if (first.hash != second.hash || first.steps != second.steps) {
    first.violation = "D1: two runs of one seed have different traces";
  }
  return first;
}

std::string report(std::uint64_t seed, const outcome& failed) {
  return "seed " + std::to_string(seed) + " at commit " + commit() + ": " + failed.violation +
         "\n  " + failed.scenario + "\n  repeat: ./dev sim --seed " + std::to_string(seed) +
         " --trace\n";
}

std::vector<std::uint64_t> regressions() { return list.seeds(); }

void add_regression(std::uint64_t seed, const outcome& failed) { list.add(seed, failed.violation); }

}  // namespace tenure::sim
