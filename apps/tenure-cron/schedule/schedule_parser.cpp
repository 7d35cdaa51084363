// Parses the text of a schedule.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

#include "common/duration.hpp"
#include "tenure-cron/schedule/schedule.hpp"

namespace tenure::cron {
namespace {

struct field {
  const char* name;
  unsigned first;
  unsigned last;
  const char* const* names;  // of first, first + 1, ...; nullptr: numbers only
  unsigned name_count;
};

constexpr const char* month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr const char* day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

constexpr field minute_field{"minute", 0, 59, nullptr, 0};
constexpr field hour_field{"hour", 0, 23, nullptr, 0};
constexpr field day_field{"day of month", 1, 31, nullptr, 0};
constexpr field month_field{"month", 1, 12, month_names, 12};
constexpr field weekday_field{"day of week", 0, 7, day_names, 7};  // 7 is Sunday, too

struct shorthand {
  std::string_view name;
  const char* fields;
};
constexpr shorthand shorthands[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

[[noreturn]] void refuse(const field& f, std::string_view part) {
  std::string allowed = std::to_string(f.first) + "-" + std::to_string(f.last);
  if (f.names != nullptr)
    allowed += std::string(", ") + f.names[0] + "-" + f.names[f.name_count - 1];
  throw bad_schedule("'" + std::string(part) + "' is not a " + f.name + " (" + allowed +
                     ", *, 1-5, 1,3, */10)");
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<unsigned> number(std::string_view text) {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return n;
}

unsigned value(const field& f, std::string_view text, std::string_view part) {
  if (const auto n = number(text)) {
    if (*n < f.first || *n > f.last) refuse(f, part);
    return *n;
  }
  const std::string name = lower(text);
  for (unsigned i = 0; i < f.name_count; ++i)
    if (name == f.names[i]) return f.first + i;
  refuse(f, part);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// *, 5, 1-5, */10, 10-30/5, 5/10 (from 5 on).
void add_part(const field& f, std::string_view part, std::uint64_t& bits) {
  const bool weekday = &f == &weekday_field;
  const unsigned last = weekday ? 6 : f.last;  // of *: as 7, Sunday would count twice
  unsigned step = 1;
  std::string_view range = part;
  const std::size_t slash = part.find('/');
  if (slash != std::string_view::npos) {
    const auto n = number(part.substr(slash + 1));
    if (!n || *n == 0 || *n > f.last) refuse(f, part);
    step = *n;
    range = part.substr(0, slash);
  }
  unsigned from = f.first;
  unsigned to = last;
  if (range != "*") {
    const std::size_t dash = range.find('-');
    from = value(f, range.substr(0, dash), part);
    to = slash == std::string_view::npos ? from : last;
    if (dash != std::string_view::npos) to = value(f, range.substr(dash + 1), part);
    // fri-sun: Sunday at the end of a range is 7.
    if (weekday && to == 0 && from > 0) to = 7;
  }
  if (to < from) refuse(f, part);
  for (unsigned i = from; i <= to; i += step) bits |= std::uint64_t{1} << i;
}

std::uint64_t parse_field(const field& f, std::string_view text) {
  std::uint64_t bits = 0;
  for (const std::string_view part : split(text, ',')) add_part(f, part, bits);
  return bits;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  constexpr std::string_view space = " \t";
  for (std::size_t at = 0; (at = text.find_first_not_of(space, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(space, at), text.size());
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

std::chrono::seconds parse_every(std::string_view text) {
  duration d{0};
  try {
    d = apps::parse_duration(text);
  } catch (const apps::usage_error& e) {
    throw bad_schedule(std::string("@every: ") + e.what());
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(d);
  if (seconds.count() < 1 || seconds != d)
    throw bad_schedule("@every: '" + std::string(text) + "' is not a number of whole seconds");
  return seconds;
}

}  // namespace

schedule schedule::parse(std::string_view text) {
  schedule s;
  auto parts = words(text);
  for (const std::string_view part : parts) {
    if (!s.text_.empty()) s.text_ += ' ';
    s.text_ += part;
  }
  if (!parts.empty() && parts[0] == "@every" && parts.size() == 2) {
    s.every_ = parse_every(parts[1]);
    return s;
  }
  if (parts.size() == 1) {
    for (const shorthand& known : shorthands)
      if (parts[0] == known.name) parts = words(known.fields);
  }
  if (parts.size() != 5) {
    throw bad_schedule("'" + s.text_ +
                       "' is not a schedule: five fields (minute hour day month weekday), @hourly,"
                       " @daily, @weekly, @monthly, @yearly or @every 10s");
  }
  s.minutes_ = parse_field(minute_field, parts[0]);
  s.hours_ = parse_field(hour_field, parts[1]);
  s.days_ = parse_field(day_field, parts[2]);
  s.months_ = parse_field(month_field, parts[3]);
  const std::uint64_t weekdays = parse_field(weekday_field, parts[4]);
  s.weekdays_ = (weekdays & 0x7f) | (weekdays >> 7 & 1);
  s.any_day_ = parts[2].starts_with('*');
  s.any_weekday_ = parts[4].starts_with('*');
  s.floating_ = parts[0].starts_with('*') || parts[1].starts_with('*');
  // A schedule that is not due within the horizon of next() names a day like February 30.
  if (!s.next(sys_seconds(), utc_zone()))
    throw bad_schedule("'" + s.text_ + "' is never due: there is no such day");
  return s;
}

}  // namespace tenure::cron
