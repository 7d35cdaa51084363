#include "tenure-cron/schedule/local_time.hpp"

namespace tenure::cron {

using namespace std::chrono_literals;

shown_range::shown_range(const zone& where, sys_seconds t)
    : range_(where.at(t)), fresh_from_(first()) {
  if (range_.begin <= first_moment) return;
  const offset_range before = where.at(range_.begin - 1s);
  fresh_from_ = before.to_local(before.end);
}

sys_seconds first_shown(local_seconds t, const zone& where) {
  // No zone differs from UTC by more than a day.
  sys_seconds at(t.time_since_epoch() - 24h);
  for (;;) {
    const shown_range shown(where, at);
    if (t < shown.end() || shown.range().end >= last_moment) return shown.moment_of(t);
    at = shown.range().end;
  }
}

}  // namespace tenure::cron
