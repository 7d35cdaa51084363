// Between points in time and what the clock on the wall shows.
#pragma once

#include <chrono>

namespace tenure::cron {

using sys_seconds = std::chrono::sys_seconds;
/// What a clock shows, as if it were UTC.
using local_seconds = std::chrono::local_seconds;

/// A time zone. Schedules take it as an argument, so that they can be tested in any.
class zone {
 public:
  virtual ~zone() = default;
  /// What is to be added to UTC at that moment.
  virtual std::chrono::seconds offset(sys_seconds t) const = 0;

  local_seconds to_local(sys_seconds t) const;
  /// When the clock first shows `t`. Where it never does, because it was put forward, the moment
  /// at which that happened.
  sys_seconds to_sys(local_seconds t) const;
};

class utc_zone : public zone {
 public:
  std::chrono::seconds offset(sys_seconds) const override { return std::chrono::seconds(0); }
};

/// The machine's own: TZ, or /etc/localtime.
class machine_zone : public zone {
 public:
  machine_zone();
  std::chrono::seconds offset(sys_seconds t) const override;
};

}  // namespace tenure::cron
