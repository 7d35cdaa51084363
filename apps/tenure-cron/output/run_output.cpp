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
  const std::size_t before = lines_.size();
  append_line(lines_, format_, from_, output_line{stream, text, goes_on, time_});
  over_limit_ = admit_ && !admit_(lines_.size() - before);
  if (over_limit_) lines_.resize(before);
}

void run_output::pass_on() {
  if (lines_.empty()) return;
  target_->add(lines_);
  lines_.clear();
}

}  // namespace tenure::cron
