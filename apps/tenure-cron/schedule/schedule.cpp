// When a schedule is due.
#include "tenure-cron/schedule/schedule.hpp"

#include <algorithm>

#include "tenure-cron/schedule/local_time.hpp"

namespace tenure::cron {

using namespace std::chrono_literals;
using std::chrono::seconds;

namespace {

// Nothing is due outside of these, so that no sum overflows, whatever the argument is.
sys_seconds within_moments(sys_seconds t) { return std::clamp(t, first_moment, last_moment); }

seconds floor_to(seconds t, seconds step) {
  const seconds rest = t % step;
  return t - (rest < 0s ? rest + step : rest);
}

std::uint64_t count_multiples(sys_seconds after, sys_seconds until, seconds step) {
  const seconds first = floor_to(after.time_since_epoch(), step);
  const seconds last = floor_to(until.time_since_epoch(), step);
  return static_cast<std::uint64_t>((last - first) / step);
}

// By UTC: each range of the zone shows its local times, whether shown before or not.
std::uint64_t count_floating(const calendar& when, sys_seconds after, sys_seconds until,
                             const zone& where) {
  std::uint64_t found = 0;
  for (sys_seconds t = after + 1s; t <= until;) {
    const offset_range range = where.at(t);
    const sys_seconds end = std::min(range.end, until + 1s);
    found += when.count(range.to_local(t), range.to_local(end));
    if (range.end >= last_moment) break;
    t = range.end;
  }
  return found;
}

// By local time: each range adds the times that the clock did not show before it. Times in the gap
// before it count once, as they are due together.
std::uint64_t count_fixed(const calendar& when, sys_seconds after, sys_seconds until,
                          const zone& where) {
  std::uint64_t found = 0;
  for (sys_seconds t = after + 1s; t <= until;) {
    const shown_range shown(where, t);
    const offset_range& range = shown.range();
    const bool from_begin = t == range.begin;
    const std::uint64_t due_at_begin =
        from_begin ? when.count(shown.fresh_from(), shown.first() + 1s) : 0;
    const local_seconds from =
        std::max(shown.fresh_from(), range.to_local(from_begin ? t + 1s : t));
    const sys_seconds end = std::min(range.end, until + 1s);
    found += (due_at_begin > 0 ? 1 : 0) + when.count(from, range.to_local(end));
    if (range.end >= last_moment) break;
    t = range.end;
  }
  return found;
}

}  // namespace

sys_seconds schedule::next_after(sys_seconds after, const zone& where) const {
  const sys_seconds found = next_of_any(within_moments(after), where);
  return found <= last_moment ? found : sys_seconds::max();
}

sys_seconds schedule::next_of_any(sys_seconds t, const zone& where) const {
  if (const auto* every = std::get_if<interval>(&what_))
    return sys_seconds(floor_to(t.time_since_epoch(), every->length) + every->length);
  if (const auto* once = std::get_if<moment>(&what_)) {
    const sys_seconds at = once->utc ? sys_seconds(once->since_epoch)
                                     : first_shown(local_seconds(once->since_epoch), where);
    return at > t ? at : sys_seconds::max();
  }
  const auto& cron = std::get<fields>(what_);
  const auto found = cron.floating ? next_floating(cron.when, t, where)
                                   : next_fixed(cron.when, t, where);
  return found.value_or(sys_seconds::max());
}

// Goes by local time, and converts each to the moment at which the clock shows it first. So a time
// that the clock shows twice is due only once.
std::optional<sys_seconds> schedule::next_fixed(const calendar& when, sys_seconds t,
                                                const zone& where) const {
  const sys_seconds stop = std::min<sys_seconds>(t + horizon, last_moment);
  shown_range shown(where, t + 1s);
  const local_seconds from =
      t + 1s == shown.range().begin
          ? shown.fresh_from()
          : std::max(shown.fresh_from(), shown.range().to_local(t + 1s));
  const auto due = when.next(from);
  if (!due) return std::nullopt;
  while (*due >= shown.end()) {
    if (shown.range().end >= stop) return std::nullopt;
    shown = shown_range(where, shown.range().end);
  }
  return shown.moment_of(*due);
}

// Goes by UTC, from one range of the zone to the next.
std::optional<sys_seconds> schedule::next_floating(const calendar& when, sys_seconds t,
                                                   const zone& where) const {
  const sys_seconds stop = std::min<sys_seconds>(t + horizon, last_moment);
  for (sys_seconds from = t + 1s; from < stop;) {
    const offset_range range = where.at(from);
    const auto due = when.next(range.to_local(from));
    if (due && range.to_sys(*due) < range.end) return range.to_sys(*due);
    if (!due && range.end >= last_moment) return std::nullopt;
    from = range.end;
  }
  return std::nullopt;
}

// next_after() grows with its argument, so the last moment is found by halving.
std::optional<sys_seconds> schedule::last_in(sys_seconds after, sys_seconds until,
                                             const zone& where) const {
  const sys_seconds latest = within_moments(until);
  sys_seconds found = next_after(after, where);
  if (found > latest) return std::nullopt;
  sys_seconds end = latest;  // nothing is due in (end, latest]
  while (found < end) {
    const sys_seconds middle = found + (end - found) / 2;
    const sys_seconds next = next_after(middle, where);
    if (next <= latest) {
      found = next;
    } else {
      end = middle;
    }
  }
  return found;
}

std::uint64_t schedule::count_in(sys_seconds begin, sys_seconds end, const zone& where) const {
  const sys_seconds after = within_moments(begin);
  const sys_seconds until = within_moments(end);
  if (until <= after) return 0;
  if (const auto* every = std::get_if<interval>(&what_))
    return count_multiples(after, until, every->length);
  if (std::holds_alternative<moment>(what_)) return next_after(after, where) <= until ? 1 : 0;
  const auto& cron = std::get<fields>(what_);
  return cron.floating ? count_floating(cron.when, after, until, where)
                       : count_fixed(cron.when, after, until, where);
}

bool schedule::follows_clock() const noexcept {
  if (const auto* cron = std::get_if<fields>(&what_)) return cron->floating;
  return std::holds_alternative<interval>(what_);
}

}  // namespace tenure::cron
