#include "tenure-cron/schedule/calendar.hpp"

#include <algorithm>

namespace tenure::cron {

using std::chrono::floor;
using std::chrono::local_days;
using std::chrono::year_month;
using std::chrono::year_month_day;

namespace {

template <std::size_t N>
std::optional<unsigned> first_from(const std::bitset<N>& set, std::size_t from) {
  for (std::size_t i = from; i < N; ++i)
    if (set[i]) return static_cast<unsigned>(i);
  return std::nullopt;
}

template <std::size_t N>
std::uint64_t count_before(const std::bitset<N>& set, std::size_t end) {
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < std::min(end, N); ++i) found += set[i] ? 1 : 0;
  return found;
}

year_month month_of(local_days day) {
  const year_month_day date(day);
  return date.year() / date.month();
}

unsigned number_of(local_days day) { return unsigned(year_month_day(day).day()); }

}  // namespace

std::optional<local_seconds> calendar::next(local_seconds from) const {
  const local_days today = floor<std::chrono::days>(from);
  auto day = next_day(today);
  if (day == today) {
    if (const auto time = next_in_day(from - today)) return today + *time;
    day = next_day(today + std::chrono::days(1));
  }
  if (!day) return std::nullopt;
  const auto time = next_in_day(std::chrono::seconds(0));
  return time ? std::optional(*day + *time) : std::nullopt;
}

std::optional<local_days> calendar::next_day(local_days from) const {
  const year_month begin = month_of(from);
  for (year_month month = begin; month < begin + horizon; month += std::chrono::months(1)) {
    if (!months[unsigned(month.month())]) continue;
    const std::size_t first = month == begin ? number_of(from) : 1;
    if (const auto number = first_from(days.in(month), first))
      return local_days(month / std::chrono::day(*number));
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> calendar::next_in_day(std::chrono::seconds from) const {
  const std::chrono::hh_mm_ss time(from);
  const auto h0 = static_cast<std::size_t>(time.hours().count());
  const auto m0 = static_cast<std::size_t>(time.minutes().count());
  const auto s0 = static_cast<std::size_t>(time.seconds().count());
  for (auto h = first_from(hours, h0); h; h = first_from(hours, *h + 1)) {
    const bool same_hour = *h == h0;
    for (auto m = first_from(minutes, same_hour ? m0 : 0); m; m = first_from(minutes, *m + 1)) {
      const bool same_minute = same_hour && *m == m0;
      if (const auto s = first_from(seconds, same_minute ? s0 : 0))
        return std::chrono::hours(*h) + std::chrono::minutes(*m) + std::chrono::seconds(*s);
    }
  }
  return std::nullopt;
}

std::uint64_t calendar::count_in_day(std::chrono::seconds before) const {
  const auto all = static_cast<std::size_t>(before.count());
  const std::size_t h = all / 3600;
  const std::size_t m = all / 60 % 60;
  const std::uint64_t each_hour = minutes.count() * seconds.count();
  std::uint64_t found = count_before(hours, h) * each_hour;
  if (h >= hours.size() || !hours[h]) return found;
  found += count_before(minutes, m) * seconds.count();
  return found + (minutes[m] ? count_before(seconds, all % 60) : 0);
}

std::uint64_t calendar::count_days(local_days from, local_days to) const {
  std::uint64_t found = 0;
  for (local_days day = from; day < to;) {
    const year_month month = month_of(day);
    const local_days next = local_days((month + std::chrono::months(1)) / std::chrono::day(1));
    if (months[unsigned(month.month())]) {
      const month_days named = days.in(month);
      const std::size_t end = next <= to ? named.size() : number_of(to);
      found += count_before(named, end) - count_before(named, number_of(day));
    }
    day = next;
  }
  return found;
}

std::uint64_t calendar::count(local_seconds from, local_seconds to) const {
  if (to <= from) return 0;
  constexpr std::chrono::days one_day(1);
  const std::uint64_t each_day = hours.count() * minutes.count() * seconds.count();
  const local_days first = floor<std::chrono::days>(from);
  const local_days last = floor<std::chrono::days>(to);
  // Whole days up to `to`, and its part of a day, without what comes before `from`.
  std::uint64_t found = count_days(first, last) * each_day;
  if (count_days(last, last + one_day) > 0) found += count_in_day(to - last);
  if (count_days(first, first + one_day) > 0) found -= count_in_day(from - first);
  return found;
}

}  // namespace tenure::cron
