// Schedules against an oracle that walks through time minute by minute: random expressions, and
// every change of every zone of the tz database from 2024 to 2027.
#include <date/tz.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tenure-cron/schedule/schedule.hpp"
#include "tenure-cron/schedule/time_zones.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;
using std::chrono::sys_days;

// What a field names, worked out for one value at a time from its text.
int number(std::string_view text) {
  int n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

bool part_names(std::string_view part, int value, int first, int last) {
  const std::size_t slash = part.find('/');
  const int step = slash == std::string_view::npos ? 1 : number(part.substr(slash + 1));
  const std::string_view range = part.substr(0, slash);
  const std::size_t dash = range.find('-');
  int from = range == "*" ? first : number(range);
  int to = range == "*" || slash != std::string_view::npos ? last : from;
  if (dash != std::string_view::npos) to = number(range.substr(dash + 1));
  const int size = last - first + 1;
  for (int i = from; i <= (to < from ? to + size : to); i += step)
    if ((i - first) % size + first == value) return true;
  return false;
}

bool names(std::string_view field, int value, int first, int last) {
  for (;;) {
    const std::size_t comma = field.find(',');
    if (part_names(field.substr(0, comma), value, first, last)) return true;
    if (comma == std::string_view::npos) return false;
    field.remove_prefix(comma + 1);
  }
}

class oracle {
 public:
  explicit oracle(std::vector<std::string> fields) : fields_(std::move(fields)) {
    constexpr int ranges[5][2] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};
    for (std::size_t i = 0; i < 5; ++i)
      for (int value = ranges[i][0]; value <= ranges[i][1]; ++value)
        named_[i][static_cast<std::size_t>(value)] =
            names(fields_[i], value, ranges[i][0], ranges[i][1]);
  }

  bool shows(local_seconds t) const {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(t - day);
    if (!named_[0][static_cast<std::size_t>(time.minutes().count())] ||
        !named_[1][static_cast<std::size_t>(time.hours().count())] ||
        !named_[3][unsigned(date.month())])
      return false;
    const bool by_day = named_[2][unsigned(date.day())];
    const bool by_weekday = named_[4][std::chrono::weekday(day).c_encoding()];
    const bool open = fields_[2][0] == '*' || fields_[4][0] == '*';
    return open ? by_day && by_weekday : by_day || by_weekday;
  }

  // Minute by minute: a floating schedule looks at the clock, a fixed one at what the clock has
  // shown for the first time since the minute before.
  std::vector<sys_seconds> due(sys_seconds after, sys_seconds until, const zone& where) const {
    const bool floating = fields_[0][0] == '*' || fields_[1][0] == '*';
    std::vector<sys_seconds> found;
    local_seconds shown = where.at(after - 48h).to_local(after - 48h);
    for (sys_seconds t = after - 48h; t <= until; t += 1min) {
      const local_seconds now = where.at(t).to_local(t);
      bool hit = floating && shows(now);
      for (local_seconds l = shown + 1min; !floating && l <= now; l += 1min) hit = hit || shows(l);
      shown = std::max(shown, now);
      if (hit && t > after) found.push_back(t);
    }
    return found;
  }

  std::string text() const {
    std::string all;
    for (const std::string& f : fields_) all += (all.empty() ? "" : " ") + f;
    return all;
  }

 private:
  std::vector<std::string> fields_;
  bool named_[5][60] = {};
};

void compare(const oracle& expected, sys_seconds after, sys_seconds until,
             const named_zone& zone) {
  INFO(expected.text() << " in " << zone.name << " after " << after.time_since_epoch().count());
  const std::vector<sys_seconds> wanted = expected.due(after, until, *zone.where);
  std::optional<schedule> parsed;
  try {
    parsed = schedule::parse(expected.text());
  } catch (const bad_schedule&) {  // the 30th of February
    REQUIRE(wanted.empty());
    return;
  }
  const schedule& tested = *parsed;
  std::vector<sys_seconds> found;
  for (sys_seconds t = after; (t = tested.next_after(t, *zone.where)) <= until;)
    found.push_back(t);
  REQUIRE(found == wanted);
  REQUIRE(tested.count_in(after, until, *zone.where) == wanted.size());
  REQUIRE(tested.last_in(after, until, *zone.where) ==
          (wanted.empty() ? std::nullopt : std::optional(wanted.back())));
}

class random_fields {
 public:
  explicit random_fields(unsigned seed) : random_(seed) {}

  oracle next() {
    return oracle({field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6)});
  }
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

 private:
  std::string value(int first, int last) {
    return std::to_string(first + below(last - first + 1));
  }
  std::string part(int first, int last) {
    const std::string step = "/" + std::to_string(1 + below(last));
    switch (below(8)) {
      case 0: return "*" + step;
      case 1: return value(first, last) + step;
      case 2: return value(first, last) + "-" + value(first, last);
      case 3: return value(first, last) + "-" + value(first, last) + step;
      default: return value(first, last);
    }
  }
  std::string field(int first, int last) {
    if (below(3) == 0) return "*";
    std::string made = part(first, last);
    for (int more = below(4) - 1; more > 0; --more) made += "," + part(first, last);
    return made;
  }

  std::mt19937 random_;
};

/// With a sanitizer each takes a hundred times as long.
int number_of_expressions() {
  const char* wanted = std::getenv("TENURE_SCHEDULES");
  return wanted != nullptr ? number(wanted) : 10'000;
}

TEST_CASE("random expressions around changes of the clock in 16 zones") {
  random_fields random(20260301);
  std::vector<named_zone> zones;
  for (const char* name :
       {"UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York",
        "America/St_Johns", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Chatham",
        "Pacific/Auckland", "Asia/Kolkata", "Asia/Kathmandu", "Africa/Cairo", "Africa/Casablanca",
        "America/Havana", "Antarctica/Troll"})
    zones.push_back(find_zone(name));
  const int count = number_of_expressions();
  for (int i = 0; i < count; ++i) {
    const named_zone& zone = zones[static_cast<std::size_t>(random.below(16))];
    const sys_seconds somewhere = sys_days(std::chrono::year(2024) / 1 / 1) +
                                  std::chrono::minutes(random.below(4 * 365 * 24 * 60));
    // Half of them end a day after a change.
    const sys_seconds change = zone.where->at(somewhere).end;
    const bool near = random.below(2) == 0 && change < last_moment;
    const sys_seconds begin = near ? change - 24h : somewhere;
    compare(random.next(), begin, begin + 48h, zone);
  }
}

TEST_CASE("every change of every zone from 2024 to 2027") {
  const oracle cases[] = {
      oracle({"30", "2", "*", "*", "*"}),    oracle({"*/15", "*", "*", "*", "*"}),
      oracle({"0,45", "0-4", "*", "*", "*"}), oracle({"15", "*", "*", "*", "*"}),
      oracle({"0", "0", "*", "*", "*"}),     oracle({"*/20", "1,2,3", "*", "*", "0"}),
      oracle({"59", "23", "*", "*", "*"}),
  };
  std::set<std::tuple<long, long, long>> seen;  // offsets before and after, time of the day
  for (const date::time_zone& each : date::get_tzdb().zones) {
    if (each.name().find('.') != std::string::npos) continue;  // a table of the database
    const named_zone zone = find_zone(each.name());
    const sys_seconds end = sys_days(std::chrono::year(2028) / 1 / 1);
    for (offset_range range = zone.where->at(sys_days(std::chrono::year(2024) / 1 / 1));
         range.end < end;) {
      const offset_range next = zone.where->at(range.end);
      const auto time = range.end - std::chrono::floor<std::chrono::days>(range.end);
      if (seen.emplace(range.offset.count(), next.offset.count(), time.count()).second)
        for (const oracle& expected : cases)
          compare(expected, range.end - 24h, range.end + 24h, zone);
      range = next;
    }
  }
  CHECK(seen.size() > 40);
}

}  // namespace
