#include "tenure-cron/schedule/day_rule.hpp"

namespace tenure::cron {

using std::chrono::day;
using std::chrono::sys_days;
using std::chrono::year_month;
using std::chrono::year_month_day_last;

namespace {

unsigned length_of(year_month month) {
  return unsigned(year_month_day_last(month.year(), month.month() / std::chrono::last).day());
}

unsigned weekday_of_first(year_month month) {
  return std::chrono::weekday(sys_days(month / day(1))).c_encoding();
}

// Saturday goes back to Friday and Sunday on to Monday, but never into another month.
unsigned nearest_workday(unsigned number, unsigned weekday, unsigned length) {
  if (weekday == 6) return number > 1 ? number - 1 : number + 2;
  if (weekday == 0) return number < length ? number + 1 : number - 2;
  return number;
}

}  // namespace

month_days day_rule::by_number(year_month month) const {
  const unsigned length = length_of(month);
  const unsigned first = weekday_of_first(month);
  const auto weekday = [&](unsigned number) { return (first + number - 1) % 7; };
  month_days found;
  for (unsigned d = 1; d <= length; ++d) {
    if (numbers[d] || before_last[length - d]) found.set(d);
    if (nearest_workdays[d]) found.set(nearest_workday(d, weekday(d), length));
  }
  if (last_workday) {
    unsigned d = length;
    while (weekday(d) == 0 || weekday(d) == 6) --d;
    found.set(d);
  }
  return found;
}

month_days day_rule::by_weekday(year_month month) const {
  const unsigned length = length_of(month);
  const unsigned first = weekday_of_first(month);
  month_days found;
  for (unsigned d = 1; d <= length; ++d) {
    const unsigned weekday = (first + d - 1) % 7;
    if (weekdays[weekday] || nth[weekday][(d - 1) / 7 + 1] || (last[weekday] && d + 7 > length))
      found.set(d);
  }
  return found;
}

month_days day_rule::in(year_month month) const {
  const month_days number = by_number(month);
  const month_days weekday = by_weekday(month);
  return any_number || any_weekday ? number & weekday : number | weekday;
}

}  // namespace tenure::cron
