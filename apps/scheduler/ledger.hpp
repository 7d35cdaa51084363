// What stands for the tenants' database: it takes a step of work only from the newest leader of the
// shard. This is what a fence is for: whoever was stopped in the middle of a step and goes on when
// its lease is long over is refused here, whatever its own clock says.
#pragma once

#include <cstdint>
#include <string>

namespace scheduler {

/// A file for each shard below a folder, a line for each step: "STEP FENCE WHO NANOSECONDS" (of
/// CLOCK_BOOTTIME). Any thread, any process.
class ledger {
 public:
  explicit ledger(std::string folder) : folder_(std::move(folder)) {}

  enum class answer { written, refused };
  /// Writes the next step of a shard, unless somebody with a larger fence wrote before. Throws
  /// std::system_error where the file cannot be used.
  answer commit(const std::string& shard, std::uint64_t fence, const std::string& who) const;

 private:
  std::string folder_;
};

}  // namespace scheduler
