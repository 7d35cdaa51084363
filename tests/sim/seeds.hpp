// Running seeds, and saying what came of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "sim/simulation.hpp"

namespace tenure::sim {

/// The run of a seed, and a second one that must leave the same trace (D1).
outcome run_twice(std::uint64_t seed, std::optional<duration> faults_for = std::nullopt);

/// What to tell of a failed run: seed, commit, and the command that runs it again.
std::string report(std::uint64_t seed, const outcome& failed);

/// The seeds that failed once: tests/sim/regressions.txt.
std::vector<std::uint64_t> regressions();
void remember(std::uint64_t seed, const outcome& failed);

}  // namespace tenure::sim
