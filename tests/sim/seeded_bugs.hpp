// Mutation testing: the simulation finds each seeded bug within 200 seeds of a scenario.
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "core/testing/seeded_bug.hpp"
#include "seeds.hpp"

namespace tenure::sim {

using scenario_source = scenario (*)(std::uint64_t seed);

inline scenario drawn(std::uint64_t seed) { return scenario::draw(seed, std::nullopt); }

/// Without a seeded bug no rule of the scenario is violated.
inline void expect_clean(scenario_source scenario_of, std::uint64_t seeds = 20) {
  core::enable_bug(core::seeded_bug::none);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    CHECK(simulate(scenario_of(seed)).violation == "");
  }
}

/// The bug violates one of `rules`: a violation of another would hide a checker that finds nothing.
inline void expect_found(core::seeded_bug bug, std::initializer_list<std::string_view> rules,
                         scenario_source scenario_of = drawn) {
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
  CHECK(std::ranges::any_of(rules, [&](std::string_view rule) {
    return found.violation.starts_with(std::string(rule) + ":");
  }));
}

}  // namespace tenure::sim
