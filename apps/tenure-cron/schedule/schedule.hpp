// When a job is due. It reads no clock: the time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "tenure-cron/schedule/calendar.hpp"
#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

/// A schedule that cannot be parsed, or that is never due. what() names the mistake and what is
/// allowed.
class bad_schedule : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The schedule of a job. It is one of these:
///
/// - The fields of a crontab line: minute, hour, day of month, month, day of week; with a sixth
///   field, the second comes first. A field is a list of *, numbers, names, ranges (22-2 goes past
///   midnight), and steps. H is a number that follows from the name of the job; H(0-29) lies in a
///   range. Of the days, ? is *, L is the last day of the month, L-3 three days before it, 15W the
///   workday nearest to the 15th, LW the last workday; fri#2 is the second Friday, 5L the last one.
/// - @hourly, @daily (@midnight), @weekly, @monthly, @yearly (@annually).
/// - `@every 90s`, due at every multiple of 90 s since 1970, so that all replicas agree on it.
/// - One moment, from at().
///
/// If neither day field begins with * or ?, a day needs to match only one of them. When clocks are
/// put forward, a fixed hour and minute in the gap is due at the end of the gap; a floating time
/// (minute or hour begins with *) is skipped. When they are put back, a fixed time is due once, and
/// a floating one as often as the clock shows it.
class schedule {
 public:
  /// `name`: of the job, for H. `CRON_TZ=Europe/Berlin` may come first. Throws bad_schedule.
  static schedule parse(std::string_view text, std::string_view name = {});
  /// 2026-12-01T03:00, with or without seconds, in the zone of the job; or with Z or +01:00 at its
  /// end. Throws bad_schedule.
  static schedule at(std::string_view text);

  /// The first moment after `after` at which it is due; sys_seconds::max() if there is none up to
  /// last_moment. This and the next ones take any argument.
  sys_seconds next_after(sys_seconds after, const zone& where) const;
  /// The last moment in (after, until] at which it is due.
  std::optional<sys_seconds> last_in(sys_seconds after, sys_seconds until, const zone& where) const;
  /// The number of moments in (begin, end] at which it is due.
  std::uint64_t count_in(sys_seconds begin, sys_seconds end, const zone& where) const;

  /// Whether it goes on by the new time when a clock is put back. The others are due once for each
  /// local time.
  bool follows_clock() const noexcept;
  const std::string& text() const noexcept { return text_; }
  /// What CRON_TZ= names; empty without it.
  const std::string& zone_name() const noexcept { return zone_name_; }

 private:
  struct fields {
    calendar when;
    bool floating = false;
  };
  struct interval {
    std::chrono::seconds length;
  };
  struct moment {
    std::chrono::seconds since_epoch;  // local time, or UTC
    bool utc = false;
  };

  schedule() = default;
  sys_seconds next_of_any(sys_seconds t, const zone& where) const;
  std::optional<sys_seconds> next_fixed(const calendar& when, sys_seconds t,
                                        const zone& where) const;
  std::optional<sys_seconds> next_floating(const calendar& when, sys_seconds t,
                                           const zone& where) const;

  std::string text_;
  std::string zone_name_;
  std::variant<interval, fields, moment> what_;
};

}  // namespace tenure::cron
