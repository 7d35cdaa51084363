// Runs seeds and reports failures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "sim/simulation.hpp"

namespace tenure::sim {

/// Runs a seed twice: both runs must have the same trace (D1).
outcome run_twice(std::uint64_t seed, std::optional<duration> faults_for = std::nullopt);

/// The report of a failed run: seed, commit, and the command that repeats it.
std::string report(std::uint64_t seed, const outcome& failed);

/// The seeds in tests/sim/regressions.txt, which failed once.
std::vector<std::uint64_t> regressions();
/// Appends the seed to tests/sim/regressions.txt.
void add_regression(std::uint64_t seed, const outcome& failed);

}  // namespace tenure::sim
