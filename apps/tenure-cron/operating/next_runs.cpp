#include "tenure-cron/operating/next_runs.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace tenure::cron {
namespace {

constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct local_parts {
  std::string date, time, offset, weekday;
};

local_parts parts_of(sys_seconds t, const zone& where) {
  const offset_range range = where.at(t);
  const local_seconds local = range.to_local(t);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(local - day);
  const auto east = std::chrono::duration_cast<std::chrono::minutes>(range.offset).count();
  local_parts made;
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", int(date.year()), unsigned(date.month()),
                unsigned(date.day()));
  made.date = text;
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()));
  made.time = text;
  std::snprintf(text, sizeof text, "%c%02d:%02d", east < 0 ? '-' : '+', int(std::abs(east) / 60),
                int(std::abs(east) % 60));
  made.offset = text;
  made.weekday = weekdays[std::chrono::weekday(day).c_encoding()];
  return made;
}

}  // namespace

std::vector<sys_seconds> next_runs(const job& j, sys_seconds now, std::size_t count) {
  std::vector<sys_seconds> found;
  for (sys_seconds t = now; found.size() < count;) {
    t = j.when.next_after(t, *j.zone.where);
    if (t == sys_seconds::max()) break;
    found.push_back(t);
  }
  return found;
}

std::string local_text(sys_seconds t, const zone& where) {
  const local_parts p = parts_of(t, where);
  return p.date + 'T' + p.time + p.offset;
}

std::string readable_local_text(sys_seconds t, const zone& where) {
  const local_parts p = parts_of(t, where);
  return p.weekday + ' ' + p.date + ' ' + p.time + ' ' + p.offset;
}

}  // namespace tenure::cron
