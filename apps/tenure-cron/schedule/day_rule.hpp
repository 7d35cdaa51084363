// Which days of a month a schedule names.
#pragma once

#include <array>
#include <bitset>
#include <chrono>

namespace tenure::cron {

/// The days of one month, 1 to 31.
using month_days = std::bitset<32>;

/// The two day fields of a schedule, day of month and day of week.
struct day_rule {
  // Day of month.
  month_days numbers;                 ///< 1 to 31
  month_days nearest_workdays;        ///< 15W: the workday nearest to the 15th, in the same month
  std::bitset<31> before_last;        ///< L is 0, L-3 is 3: so many days before the last
  bool last_workday = false;          ///< LW
  bool any_number = false;            ///< the field begins with * or ?
  // Day of week. Sunday is 0.
  std::bitset<7> weekdays;
  std::array<std::bitset<6>, 7> nth;  ///< fri#2: nth[5][2]
  std::bitset<7> last;                ///< 5L: the last Friday
  bool any_weekday = false;           ///< the field begins with * or ?

  /// The days of that month. If neither field begins with *, a day needs to match only one.
  month_days in(std::chrono::year_month month) const;

 private:
  month_days by_number(std::chrono::year_month month) const;
  month_days by_weekday(std::chrono::year_month month) const;
};

}  // namespace tenure::cron
