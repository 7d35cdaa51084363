#include "tenure-cron/schedule/zone.hpp"

#include <ctime>

namespace tenure::cron {

using namespace std::chrono_literals;

local_seconds zone::to_local(sys_seconds t) const {
  return local_seconds(t.time_since_epoch() + offset(t));
}

sys_seconds zone::to_sys(local_seconds t) const {
  const sys_seconds as_utc(t.time_since_epoch());
  // No zone differs from UTC by a day, and none changes its offset twice within two days.
  const sys_seconds early = as_utc - 24h;
  const sys_seconds late = as_utc + 24h;
  const sys_seconds by_early = as_utc - offset(early);
  const sys_seconds by_late = as_utc - offset(late);
  if (offset(by_early) == offset(early)) return by_early;
  if (offset(by_late) == offset(late)) return by_late;
  // `t` is in a gap: search for the moment of the change.
  sys_seconds before = early;
  sys_seconds after = late;
  while (after - before > 1s) {
    const sys_seconds middle = before + (after - before) / 2;
    (offset(middle) == offset(early) ? before : after) = middle;
  }
  return after;
}

system_zone::system_zone() { ::tzset(); }

std::chrono::seconds system_zone::offset(sys_seconds t) const {
  const std::time_t seconds = t.time_since_epoch().count();
  std::tm shown = {};
  if (::localtime_r(&seconds, &shown) == nullptr) return 0s;
  return std::chrono::seconds(shown.tm_gmtoff);
}

}  // namespace tenure::cron
