// Time zones: conversion between UTC and local time.
#pragma once

#include <chrono>

namespace tenure::cron {

using sys_seconds = std::chrono::sys_seconds;
/// Local time, as the clock on the wall shows it.
using local_seconds = std::chrono::local_seconds;

/// A time zone. Schedules take it as an argument, so that they can be tested in any.
class zone {
 public:
  virtual ~zone() = default;
  /// The difference of local time from UTC at that moment.
  virtual std::chrono::seconds offset(sys_seconds t) const = 0;

  local_seconds to_local(sys_seconds t) const;
  /// The first moment at which the clock shows `t`. If it never shows `t`, because it was put
  /// forward, the moment of that change.
  sys_seconds to_sys(local_seconds t) const;
};

class utc_zone : public zone {
 public:
  std::chrono::seconds offset(sys_seconds) const override { return std::chrono::seconds(0); }
};

/// The zone of this machine: TZ, or /etc/localtime.
class system_zone : public zone {
 public:
  system_zone();
  std::chrono::seconds offset(sys_seconds t) const override;
};

}  // namespace tenure::cron
