// Parses the text of a schedule.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "common/duration.hpp"
#include "tenure-cron/schedule/field_parser.hpp"
#include "tenure-cron/schedule/schedule.hpp"

namespace tenure::cron {
namespace {

struct shorthand {
  std::string_view name;
  const char* fields;
};
constexpr shorthand shorthands[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  constexpr std::string_view space = " \t\r\n";
  for (std::size_t at = 0; (at = text.find_first_not_of(space, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(space, at), text.size());
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

std::chrono::seconds parse_every(std::string_view text) {
  const std::string remedy = ": write whole seconds, as in 90s, 15m or 1h30m";
  duration d{0};
  try {
    d = apps::parse_duration(text);
  } catch (const apps::usage_error& e) {
    const std::string why = e.what();  // its own remedy is one for shorter times, too
    throw bad_schedule("@every: " + why.substr(0, why.rfind(": ")) + remedy);
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(d);
  if (seconds.count() < 1 || seconds != d)
    throw bad_schedule("@every: '" + std::string(text) + "' is no number of seconds" + remedy);
  return seconds;
}

// CRON_TZ=Europe/Berlin before the fields.
std::string take_zone(std::vector<std::string_view>& parts) {
  for (const std::string_view variable : {"CRON_TZ=", "TZ="}) {
    if (parts.empty() || !parts[0].starts_with(variable)) continue;
    std::string zone(parts[0].substr(variable.size()));
    if (zone.empty())
      throw bad_schedule("'" + std::string(parts[0]) + "' names no time zone");
    parts.erase(parts.begin());
    return zone;
  }
  return {};
}

[[noreturn]] void refuse(const std::string& text) {
  throw bad_schedule("'" + text +
                     "' is not a schedule: five fields (minute hour day month weekday), six with"
                     " the second first, @hourly, @daily, @weekly, @monthly, @yearly or"
                     " @every 10s");
}

// Reads digits, and the separator behind them.
class digits {
 public:
  explicit digits(std::string_view text) : rest_(text) {}

  int take(std::size_t count) {
    int n = -1;
    const auto [end, error] =
        std::from_chars(rest_.data(), rest_.data() + std::min(count, rest_.size()), n);
    good_ = good_ && error == std::errc() && end == rest_.data() + count && n >= 0;
    rest_.remove_prefix(std::min(count, rest_.size()));
    return n;
  }
  bool take_if(std::string_view any) {
    if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any) { good_ = take_if(any) && good_; }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool good_at_end() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

schedule schedule::parse(std::string_view text, std::string_view name) {
  schedule s;
  auto parts = words(text);
  for (const std::string_view part : parts) {
    if (!s.text_.empty()) s.text_ += ' ';
    s.text_ += part;
  }
  s.zone_name_ = take_zone(parts);
  if (!parts.empty() && parts[0] == "@every" && parts.size() == 2) {
    s.what_ = interval{parse_every(parts[1])};
    return s;
  }
  if (!parts.empty() && parts[0] == "@reboot")
    throw bad_schedule("'@reboot' is not a time that all machines share: use @every, or start the"
                       " command where the machine starts its services");
  if (parts.size() == 1) {
    for (const shorthand& known : shorthands)
      if (parts[0] == known.name) parts = words(known.fields);
  }
  if (parts.size() == 5) parts.insert(parts.begin(), "0");
  if (parts.size() != 6) refuse(s.text_);
  fields made;
  made.when.seconds = parse_numbers(field_kind::second, parts[0], name);
  made.when.minutes = parse_numbers(field_kind::minute, parts[1], name);
  made.when.hours = std::bitset<24>(parse_numbers(field_kind::hour, parts[2], name).to_ullong());
  parse_days(parts[3], name, made.when.days);
  made.when.months = std::bitset<13>(parse_numbers(field_kind::month, parts[4], name).to_ullong());
  parse_weekdays(parts[5], name, made.when.days);
  made.floating = parts[1].starts_with('*') || parts[2].starts_with('*');
  s.what_ = made;
  // A schedule that is not due within the horizon of next_after() names a day like February 30.
  if (s.next_after(sys_seconds(), utc_zone()) == sys_seconds::max())
    throw bad_schedule("'" + s.text_ + "' is never due: there is no such day");
  return s;
}

schedule schedule::at(std::string_view text) {
  digits in(text);
  const auto date = std::chrono::year(in.take(4));
  in.expect("-");
  const auto month = std::chrono::month(static_cast<unsigned>(in.take(2)));
  in.expect("-");
  const std::chrono::year_month_day day(date, month,
                                        std::chrono::day(static_cast<unsigned>(in.take(2))));
  in.expect("T ");
  const int hours = in.take(2);
  in.expect(":");
  const int minutes = in.take(2);
  const int seconds = in.take_if(":") ? in.take(2) : 0;
  std::chrono::minutes east(0);
  bool utc = in.take_if("Zz");
  if (!utc && (in.front() == '+' || in.front() == '-')) {
    utc = true;
    const int sign = in.take_if("-") ? -1 : 1;
    if (sign > 0) in.expect("+");
    const int hours_east = in.take(2);
    in.expect(":");
    east = sign * (std::chrono::hours(hours_east) + std::chrono::minutes(in.take(2)));
  }
  const bool good = in.good_at_end() && day.ok() && hours < 24 && minutes < 60 && seconds < 60 &&
                    std::chrono::abs(east) < std::chrono::hours(24);
  if (!good)
    throw bad_schedule("'" + std::string(text) +
                       "' is not a time, as in 2026-12-01T03:00 or 2026-12-01T03:00:00Z");
  schedule s;
  s.text_ = text;
  const auto since_epoch = std::chrono::local_days(day).time_since_epoch() +
                           std::chrono::hours(hours) + std::chrono::minutes(minutes) +
                           std::chrono::seconds(seconds) - east;
  s.what_ = moment{since_epoch, utc};
  return s;
}

}  // namespace tenure::cron
