// Parses one field of a crontab line.
#pragma once

#include <bitset>
#include <string_view>

#include "tenure-cron/schedule/day_rule.hpp"

namespace tenure::cron {

/// The fields of a schedule, in the order of a line.
enum class field_kind { second, minute, hour, day, month, weekday };

/// The values of a field. `name`: of the job, for H. Throws bad_schedule.
std::bitset<60> parse_numbers(field_kind kind, std::string_view text, std::string_view name);
/// The day of month, with L and W.
void parse_days(std::string_view text, std::string_view name, day_rule& into);
/// The day of week, with L and #.
void parse_weekdays(std::string_view text, std::string_view name, day_rule& into);

}  // namespace tenure::cron
