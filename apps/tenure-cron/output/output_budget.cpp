#include "tenure-cron/output/output_budget.hpp"

#include <utility>

namespace tenure::cron {

using namespace std::chrono_literals;

namespace {

constexpr duration report_pause = 10s;

}  // namespace

bool output_budget::admit(std::uint64_t bytes, time_point now) {
  if (!most_) return true;
  if (second_ == time_point::min() || now - second_ >= 1s) {
    second_ = now;
    written_ = 0;
  }
  // The first line of a second always passes, or a line longer than the limit never would.
  if (written_ == 0 || written_ + bytes <= *most_) {
    written_ += bytes;
    return true;
  }
  dropped_.lines += 1;
  dropped_.bytes += bytes;
  return false;
}

std::optional<dropped_output> output_budget::report(time_point now, when w) {
  if (dropped_.lines == 0) return std::nullopt;
  const bool waited = reported_ == time_point::min() || now - reported_ >= report_pause;
  if (w == when::due && !waited) return std::nullopt;
  reported_ = now;
  return std::exchange(dropped_, dropped_output());
}

}  // namespace tenure::cron
