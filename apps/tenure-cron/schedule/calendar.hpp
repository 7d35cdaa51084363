// The local times that the fields of a schedule name. It knows nothing of zones.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>

#include "tenure-cron/schedule/day_rule.hpp"
#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

/// How far a schedule looks ahead: February 29 falls on the same weekday within 40 years.
inline constexpr std::chrono::years horizon{40};

class calendar {
 public:
  std::bitset<60> seconds;
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<13> months;  // 1 to 12
  day_rule days;

  /// The first time from `from` on, that time included. Empty if there is none within the
  /// horizon.
  std::optional<local_seconds> next(local_seconds from) const;
  /// The number of times in [from, to).
  std::uint64_t count(local_seconds from, local_seconds to) const;

 private:
  std::optional<std::chrono::local_days> next_day(std::chrono::local_days from) const;
  std::optional<std::chrono::seconds> next_in_day(std::chrono::seconds from) const;
  std::uint64_t count_in_day(std::chrono::seconds before) const;
  std::uint64_t count_days(std::chrono::local_days from, std::chrono::local_days to) const;
};

}  // namespace tenure::cron
