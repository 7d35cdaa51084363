// The output of one run: from the bytes of its processes to lines at their target.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <tenure/time.hpp>

#include "tenure-cron/output/line_splitter.hpp"
#include "tenure-cron/output/output_line.hpp"
#include "tenure-cron/output/output_tail.hpp"
#include "tenure-cron/output/output_target.hpp"

namespace tenure::cron {

/// Shared by the attempts of a run. Always in a shared_ptr: the readers of its pipes hold it too.
class run_output {
 public:
  /// Whether a line of so many bytes may be written: the limit of a tenant.
  using gate = std::function<bool(std::size_t bytes)>;

  run_output(line_origin from, output_format format, std::shared_ptr<output_target> target,
             gate admit)
      : from_(std::move(from)),
        format_(format),
        target_(std::move(target)),
        admit_(std::move(admit)) {}

  void begin_attempt(unsigned number) { from_.attempt = number; }
  /// A line, or a part of one. It waits for pass_on().
  void add(output_stream stream, std::string_view text, bool goes_on);
  /// Passes the lines so far to the target, all at once: a target has a lock and a thread to wake.
  void pass_on();
  bool has_room() const { return target_->has_room(); }
  /// Whether the tenant's limit refused the last line.
  bool over_limit() const noexcept { return over_limit_; }
  /// The last lines so far.
  std::string tail() const { return tail_.text(); }

 private:
  line_origin from_;
  output_format format_;
  std::shared_ptr<output_target> target_;
  gate admit_;
  output_tail tail_;
  std::string lines_;  // for the target
  std::chrono::milliseconds at_{-1};
  bool over_limit_ = false;
  std::string time_;  // of the last line: most lines come in the same millisecond as the one before
};

}  // namespace tenure::cron
