// Time zones: how local time differs from UTC, and when that changes.
#pragma once

#include <chrono>

namespace tenure::cron {

using sys_seconds = std::chrono::sys_seconds;
using sys_milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;
/// Local time, as the clock on the wall shows it.
using local_seconds = std::chrono::local_seconds;

/// A time during which a zone's clock keeps its distance from UTC: [begin, end).
struct offset_range {
  sys_seconds begin;
  sys_seconds end;
  std::chrono::seconds offset;  ///< local time minus UTC

  local_seconds to_local(sys_seconds t) const {
    return local_seconds(t.time_since_epoch() + offset);
  }
  sys_seconds to_sys(local_seconds t) const { return sys_seconds(t.time_since_epoch() - offset); }
};

/// Before and after these no zone changes its offset, as far as schedules know.
constexpr sys_seconds first_moment = std::chrono::sys_days(std::chrono::year(1800) / 1 / 1);
constexpr sys_seconds last_moment = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

/// A time zone. Schedules take it as an argument, so that they can be tested in any.
class zone {
 public:
  virtual ~zone() = default;
  /// The range that contains `t`. The first begins at first_moment, the last ends at last_moment.
  virtual offset_range at(sys_seconds t) const = 0;
};

class utc_zone : public zone {
 public:
  offset_range at(sys_seconds) const override {
    return {first_moment, last_moment, std::chrono::seconds(0)};
  }
};

}  // namespace tenure::cron
