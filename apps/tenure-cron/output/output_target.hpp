// Where the lines of a run go: standard output, or a file of the job.
#pragma once

#include <string_view>

namespace tenure::cron {

class output_target {
 public:
  virtual ~output_target() = default;
  /// Whether its buffer has room. If not, read no more output of the job until it has.
  virtual bool has_room() const = 0;
  /// Adds lines with their line breaks, even without room. Does not block.
  virtual void add(std::string_view lines) = 0;
};

}  // namespace tenure::cron
