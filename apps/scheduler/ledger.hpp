// A stand-in for the tenants' database. It shows what a fence is for: a leader that is suspended in
// the middle of a step, and goes on long after its lease has ended, is rejected here, whatever its
// own clock says.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace scheduler {

/// A folder with a file for each shard and a line for each step: "STEP FENCE NAME NANOSECONDS" (of
/// CLOCK_BOOTTIME). Safe for any number of threads and processes.
class ledger {
 public:
  explicit ledger(std::string folder) : folder_(std::move(folder)) {}

  enum class verdict { accepted, rejected };
  /// Writes the next step of a shard. Rejects it if a leader with a larger fence wrote before.
  /// Throws std::system_error if the file cannot be used.
  verdict commit(const std::string& shard, std::uint64_t fence, const std::string& name) const;

 private:
  std::string folder_;
};

}  // namespace scheduler
