// When a job is due. It reads no clock: the time is an argument.
#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

/// A schedule that cannot be parsed, or that is never due. what() names the mistake and what is
/// allowed.
class bad_schedule : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The schedule of a crontab line: five fields (minute, hour, day of month, month, day of week)
/// with *, ranges, lists, steps and names; or @hourly, @daily (@midnight), @weekly, @monthly,
/// @yearly (@annually); or `@every 90s`, which is due at every multiple of 90 s since 1970, so that
/// all replicas agree on it.
///
/// If neither day of month nor day of week begins with *, a day needs to match only one of them.
/// When clocks are put forward, a time in the gap is due at the end of the gap. When they are put
/// back, a fixed hour and minute is due once, and a floating time (minute or hour begins with *) as
/// often as the clock shows it.
class schedule {
 public:
  /// Throws bad_schedule.
  static schedule parse(std::string_view text);

  /// The first moment after `t` at which it is due.
  sys_seconds next_after(sys_seconds t, const zone& where) const;

  const std::string& text() const noexcept { return text_; }

 private:
  schedule() = default;
  bool day_matches(std::chrono::year_month_day day) const;
  std::optional<sys_seconds> next_fixed(sys_seconds t, const zone& where) const;
  std::optional<sys_seconds> next_floating(sys_seconds t, const zone& where) const;
  std::optional<sys_seconds> next(sys_seconds t, const zone& where) const;

  std::string text_;
  std::optional<std::chrono::seconds> every_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;       // 1 to 31
  std::bitset<13> months_;     // 1 to 12
  std::bitset<7> weekdays_;    // Sunday is 0
  bool any_day_ = false;       // day of month begins with *
  bool any_weekday_ = false;   // day of week begins with *
  bool floating_ = false;      // minute or hour begins with *
};

}  // namespace tenure::cron
