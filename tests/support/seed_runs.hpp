// What the commands have in common that run the seeds of a simulation: `./dev sim` and
// `./dev sim --cron`.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "sim/probes.hpp"

namespace tenure::test {

class seed_arguments {
 public:
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::optional<duration> faults_for;  ///< none: as the seed says
  bool trace = false;
  bool probes = false;
};

/// Ends the process where the arguments are wrong (64) or ask for help (0).
seed_arguments read_seed_arguments(const std::string& command, int argc, char** argv);

/// How the run of a seed ended.
class seed_outcome {
 public:
  std::string violation;  ///< empty: it passed
  std::uint64_t hash = 0;
  std::string scenario;
  duration simulated{0};
  /// What happened in it, such as {"terms", 7}: the same names for each seed.
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  sim::probes probes;
};

/// Runs one seed; writes its trace unless the stream is null.
using seed_run = std::function<seed_outcome(std::uint64_t seed, std::FILE* trace)>;

/// Runs the seeds, reports those that fail, and the sums. SIGINT and SIGTERM end it after the
/// present seed. Returns the exit code.
int run_seeds(const std::string& command, const seed_arguments& wanted, const seed_run& run);

}  // namespace tenure::test
