// When a schedule is due next.
#include "tenure-cron/schedule/schedule.hpp"

#include <algorithm>

namespace tenure::cron {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::year_month_day;

namespace {

constexpr days horizon{40 * 366};  // February 29 falls on the same weekday within 40 years

template <std::size_t N>
std::optional<unsigned> first_from(const std::bitset<N>& set, unsigned from) {
  for (unsigned i = from; i < N; ++i)
    if (set[i]) return i;
  return std::nullopt;
}

}  // namespace

bool schedule::day_matches(year_month_day day) const {
  if (!months_[unsigned(day.month())]) return false;
  const bool by_day = days_[unsigned(day.day())];
  const bool by_weekday = weekdays_[std::chrono::weekday(local_days(day)).c_encoding()];
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

sys_seconds schedule::next_after(sys_seconds t, const zone& where) const {
  return next(t, where).value_or(sys_seconds::max());
}

std::optional<sys_seconds> schedule::next(sys_seconds t, const zone& where) const {
  if (every_) {
    const auto since = t.time_since_epoch();
    const auto into = ((since % *every_) + *every_) % *every_;
    return t - into + *every_;
  }
  return floating_ ? next_floating(t, where) : next_fixed(t, where);
}

// Goes by local time, from one matching date and time to the next, and converts each to the moment
// at which the clock shows it first. So a time that the clock shows twice is due only once.
std::optional<sys_seconds> schedule::next_fixed(sys_seconds t, const zone& where) const {
  const local_seconds shown = where.to_local(t);
  const local_days first = floor<days>(shown);
  // A time in a gap can be due after `t` although the clock already shows a later time.
  for (local_days day = first - days(1); day < first + horizon; day += days(1)) {
    if (!day_matches(year_month_day(day))) continue;
    for (auto h = first_from(hours_, 0); h; h = first_from(hours_, *h + 1)) {
      for (auto m = first_from(minutes_, 0); m; m = first_from(minutes_, *m + 1)) {
        const local_seconds due = day + std::chrono::hours(*h) + minutes(*m);
        if (due + 24h < shown) continue;
        const sys_seconds at = where.to_sys(due);
        if (at > t) return at;
      }
    }
  }
  return std::nullopt;
}

// Goes by UTC, minute by minute, and checks what the clock shows at each.
std::optional<sys_seconds> schedule::next_floating(sys_seconds t, const zone& where) const {
  const sys_seconds end = t + horizon;
  for (sys_seconds at = floor<minutes>(t) + 1min; at < end;) {
    const local_seconds shown = where.to_local(at);
    const local_days day = floor<days>(shown);
    const auto time = shown - day;
    if (!day_matches(year_month_day(day))) {
      at = std::max(at + 1min, where.to_sys(day + days(1)));
    } else if (!hours_[static_cast<unsigned>(floor<std::chrono::hours>(time).count())]) {
      at += 60min - floor<minutes>(time) % 60min;
    } else if (!minutes_[static_cast<unsigned>((floor<minutes>(time) % 60min).count())]) {
      at += 1min;
    } else {
      return at;
    }
  }
  return std::nullopt;
}

}  // namespace tenure::cron
