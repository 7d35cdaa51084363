// Mutation testing: the simulation finds each seeded bug within 200 seeds of a scenario.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "core/testing/seeded_bug.hpp"
#include "seeds.hpp"

namespace tenure::sim {

using scenario_source = scenario (*)(std::uint64_t seed);

inline scenario drawn(std::uint64_t seed) { return scenario::draw(seed, std::nullopt); }

inline void expect_found(core::seeded_bug bug, scenario_source scenario_of = drawn) {
  constexpr std::uint64_t max_seeds = 200;
  core::enable_bug(bug);
  std::uint64_t seed = 1;
  outcome found;
  for (; seed <= max_seeds && found.passed(); ++seed) found = simulate(scenario_of(seed));
  core::enable_bug(core::seeded_bug::none);
  INFO("after " << seed - 1 << " seeds: " << found.violation);
  std::printf("found after %llu seeds: %s\n", static_cast<unsigned long long>(seed - 1),
              found.violation.c_str());
  CHECK_FALSE(found.passed());
}

}  // namespace tenure::sim
