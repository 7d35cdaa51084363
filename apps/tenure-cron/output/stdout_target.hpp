// Standard output as the target of the lines of runs.
#pragma once

#include "tenure-cron/output/output_target.hpp"
#include "tenure-cron/running/stdout_writer.hpp"

namespace tenure::cron {

class stdout_target final : public output_target {
 public:
  /// `writer` must outlive it.
  explicit stdout_target(stdout_writer& writer) : writer_(writer) {}

  bool has_room() const override { return writer_.has_room(); }
  void add(std::string_view line) override { writer_.add(line); }

 private:
  stdout_writer& writer_;
};

}  // namespace tenure::cron
