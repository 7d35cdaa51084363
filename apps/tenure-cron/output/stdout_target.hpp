// Standard output as the target of the lines of runs.
#pragma once

#include <unistd.h>

#include "common/log/line_writer.hpp"
#include "tenure-cron/output/output_target.hpp"

namespace tenure::cron {

class stdout_target final : public output_target {
 public:
  bool has_room() const override { return writer_.has_room(); }
  void add(std::string_view lines) override { writer_.add(lines); }
  /// Waits until everything is written, for at most `timeout`. Returns whether it is.
  bool flush(duration timeout) { return writer_.flush(timeout); }

 private:
  apps::line_writer writer_{STDOUT_FILENO, apps::line_writer::when_full::keep};
};

}  // namespace tenure::cron
