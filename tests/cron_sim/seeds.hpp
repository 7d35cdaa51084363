// Running seeds, reporting failures, and remembering them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cron_sim/cron_simulation.hpp"

namespace tenure::cron_sim {

/// Runs a seed twice: both runs must have the same trace.
outcome run_twice(std::uint64_t seed);
/// What a failing test says.
std::string report(std::uint64_t seed, const outcome& failed);
/// The seeds of tests/cron_sim/regressions.txt.
std::vector<std::uint64_t> regressions();
void add_regression(std::uint64_t seed, const outcome& failed);

}  // namespace tenure::cron_sim
