// Runs the seeds that failed once, a fixed set, and random new ones.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

#include "runtime/random_source.hpp"
#include "seeds.hpp"

namespace {

using namespace tenure;

std::uint64_t seeds_per_set() {
  const char* wanted = std::getenv("TENURE_SIM_SEEDS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 200;
}

void run(std::uint64_t seed) {
  const sim::outcome once = sim::run_twice(seed);
  if (once.passed()) return;
  sim::add_regression(seed, once);
  FAIL_CHECK(sim::report(seed, once));
}

void run_from(std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) run(seed);
}

}  // namespace

TEST_CASE("seeds that failed once") {
  for (const std::uint64_t seed : sim::regressions()) run(seed);
}

TEST_CASE("fixed seeds, first half") { run_from(1, seeds_per_set() / 2); }

TEST_CASE("fixed seeds, second half") {
  run_from(1 + seeds_per_set() / 2, seeds_per_set() - seeds_per_set() / 2);
}

TEST_CASE("new random seeds") {
  // Of seven digits: easy to type.
  const std::uint64_t first = 1'000'000 + runtime::system_random()->below(8'000'000);
  run_from(first, seeds_per_set());
}
