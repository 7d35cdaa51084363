#include "tenure-cron/output/run_output.hpp"

#include "common/log/wall_time.hpp"

namespace tenure::cron {

void run_output::add(output_stream stream, std::string_view text, bool goes_on) {
  tail_.add(text, goes_on);
  const auto now = std::chrono::system_clock::now();
  const auto at = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  if (at != at_) {
    at_ = at;
    time_ = apps::rfc3339_ms(now);
  }
  const std::string line = format_line(format_, from_, output_line{stream, text, goes_on, time_});
  over_limit_ = admit_ && !admit_(line.size());
  if (!over_limit_) target_->add(line);
}

}  // namespace tenure::cron
