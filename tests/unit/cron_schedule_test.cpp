// When a schedule is due, in UTC and in zones whose clocks are put forward and back.
#include <bitset>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>
#include <vector>

#include "tenure-cron/schedule/schedule.hpp"
#include "tenure-cron/schedule/time_zones.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;
using std::chrono::seconds;
using std::chrono::sys_days;
using Catch::Matchers::ContainsSubstring;

// Like Berlin in 2024: +1 h, and +2 h from March 31 to October 27, both at 01:00 UTC.
class berlin_2024 : public zone {
 public:
  offset_range at(sys_seconds t) const override {
    const sys_seconds summer = sys_days(2024y / 3 / 31) + 1h;
    const sys_seconds winter = sys_days(2024y / 10 / 27) + 1h;
    if (t < summer) return {first_moment, summer, 1h};
    if (t < winter) return {summer, winter, 2h};
    return {winter, last_moment, 1h};
  }
};

// As on Lord Howe Island, which shifts by half an hour: +11 h in summer, +10:30 in winter.
class lord_howe_2024 : public zone {
 public:
  offset_range at(sys_seconds t) const override {
    const sys_seconds winter = sys_days(2024y / 4 / 6) + 15h;
    const sys_seconds summer = sys_days(2024y / 10 / 5) + 15h + 30min;
    if (t < winter) return {first_moment, winter, 11h};
    if (t < summer) return {winter, summer, seconds(10h + 30min)};
    return {summer, last_moment, 11h};
  }
};

std::string text(sys_seconds t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(t - day);
  char out[32];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u %02d:%02d:%02d", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(time.hours().count()),
                int(time.minutes().count()), int(time.seconds().count()));
  return out;
}

// The first `count` moments after `from`, in UTC.
std::vector<std::string> due(const char* schedule_text, sys_seconds from, int count,
                             const zone& where = utc_zone()) {
  const schedule s = schedule::parse(schedule_text);
  std::vector<std::string> found;
  for (sys_seconds t = from; count > 0; --count) {
    t = s.next_after(t, where);
    found.push_back(text(t));
  }
  return found;
}

using moments = std::vector<std::string>;
const sys_seconds new_year = sys_days(2024y / 1 / 1);  // a Monday

std::string refusal(const char* schedule_text) {
  try {
    schedule::parse(schedule_text);
  } catch (const bad_schedule& e) {
    return e.what();
  }
  return "accepted";
}

TEST_CASE("five fields: numbers, lists, ranges, steps, names") {
  CHECK(due("30 2 * * *", new_year, 2) == moments{"2024-01-01 02:30:00", "2024-01-02 02:30:00"});
  CHECK(due("0,15 8-9 * * *", new_year, 5) ==
        moments{"2024-01-01 08:00:00", "2024-01-01 08:15:00", "2024-01-01 09:00:00",
                "2024-01-01 09:15:00", "2024-01-02 08:00:00"});
  CHECK(due("*/20 * * * *", new_year, 3) ==
        moments{"2024-01-01 00:20:00", "2024-01-01 00:40:00", "2024-01-01 01:00:00"});
  CHECK(due("10-30/10 5 * * *", new_year, 4) ==
        moments{"2024-01-01 05:10:00", "2024-01-01 05:20:00", "2024-01-01 05:30:00",
                "2024-01-02 05:10:00"});
  CHECK(due("50/5 5 * * *", new_year, 3) ==
        moments{"2024-01-01 05:50:00", "2024-01-01 05:55:00", "2024-01-02 05:50:00"});
  CHECK(due("0 0 1 FEB,Jul *", new_year, 2) ==
        moments{"2024-02-01 00:00:00", "2024-07-01 00:00:00"});
  CHECK(due("0 12 * * Fri", new_year, 2) == moments{"2024-01-05 12:00:00", "2024-01-12 12:00:00"});
  CHECK(due("  0\t12  *  * 1-5 ", new_year + 4 * 24h + 12h, 1) == moments{"2024-01-08 12:00:00"});
}

TEST_CASE("Sunday is 0 and 7, and a range may end with it") {
  const moments sundays{"2024-01-07 00:00:00", "2024-01-14 00:00:00"};
  CHECK(due("0 0 * * 0", new_year, 2) == sundays);
  CHECK(due("0 0 * * 7", new_year, 2) == sundays);
  CHECK(due("0 0 * * sun", new_year, 2) == sundays);
  CHECK(due("0 0 * * sat-sun", new_year, 2) ==
        moments{"2024-01-06 00:00:00", "2024-01-07 00:00:00"});
  CHECK(due("0 0 * * 6-7", new_year, 2) == moments{"2024-01-06 00:00:00", "2024-01-07 00:00:00"});
  CHECK(due("0 0 * * */3", new_year, 3) ==
        moments{"2024-01-03 00:00:00", "2024-01-06 00:00:00", "2024-01-07 00:00:00"});
}

TEST_CASE("one matching day field is enough, unless one of them begins with *") {
  CHECK(due("0 0 13 * 5", new_year, 4) ==
        moments{"2024-01-05 00:00:00", "2024-01-12 00:00:00", "2024-01-13 00:00:00",
                "2024-01-19 00:00:00"});
  CHECK(due("0 0 */2 * 1", new_year, 2) == moments{"2024-01-15 00:00:00", "2024-01-29 00:00:00"});
}

TEST_CASE("shorthands") {
  CHECK(due("@hourly", new_year, 1) == moments{"2024-01-01 01:00:00"});
  CHECK(due("@daily", new_year, 1) == moments{"2024-01-02 00:00:00"});
  CHECK(due("@midnight", new_year, 1) == moments{"2024-01-02 00:00:00"});
  CHECK(due("@weekly", new_year, 1) == moments{"2024-01-07 00:00:00"});
  CHECK(due("@monthly", new_year, 1) == moments{"2024-02-01 00:00:00"});
  CHECK(due("@yearly", new_year, 1) == moments{"2025-01-01 00:00:00"});
  CHECK(due("@annually", new_year, 1) == moments{"2025-01-01 00:00:00"});
}

TEST_CASE("@every is due at the same moments on all replicas") {
  CHECK(due("@every 10s", new_year + 1s, 2) ==
        moments{"2024-01-01 00:00:10", "2024-01-01 00:00:20"});
  CHECK(due("@every 10s", new_year + 10s, 1) == moments{"2024-01-01 00:00:20"});
  CHECK(due("@every 1m30s", new_year, 2) == moments{"2024-01-01 00:01:30", "2024-01-01 00:03:00"});
  CHECK(due("@every 10s", sys_seconds(-5s), 1) == moments{"1970-01-01 00:00:00"});
}

TEST_CASE("long waits: leap days, months without a 31st, years") {
  CHECK(due("0 0 29 2 *", new_year + 60 * 24h, 1) == moments{"2028-02-29 00:00:00"});
  CHECK(due("0 0 31 * *", sys_days(2024y / 3 / 31), 1) == moments{"2024-05-31 00:00:00"});
  CHECK(due("* * 29 2 *", sys_days(2097y / 1 / 1), 1) == moments{"2104-02-29 00:00:00"});
  CHECK(due("59 23 31 12 *", new_year, 1) == moments{"2024-12-31 23:59:00"});
}

TEST_CASE("clocks put forward: a time in the gap is due at its end, once") {
  const berlin_2024 berlin;
  const sys_seconds eve = sys_days(2024y / 3 / 30) + 12h;
  CHECK(due("30 2 * * *", eve, 2, berlin) == moments{"2024-03-31 01:00:00", "2024-04-01 00:30:00"});
  CHECK(due("30 2,3 * * *", eve, 2, berlin) ==
        moments{"2024-03-31 01:00:00", "2024-03-31 01:30:00"});
  CHECK(due("*/30 * * * *", sys_days(2024y / 3 / 31), 4, berlin) ==
        moments{"2024-03-31 00:30:00", "2024-03-31 01:00:00", "2024-03-31 01:30:00",
                "2024-03-31 02:00:00"});
}

TEST_CASE("clocks put back: a fixed time is due once, a floating one as often as it is shown") {
  const berlin_2024 berlin;
  const sys_seconds eve = sys_days(2024y / 10 / 26) + 12h;
  CHECK(due("30 2 * * *", eve, 2, berlin) == moments{"2024-10-27 00:30:00", "2024-10-28 01:30:00"});
  CHECK(due("30 * * * *", sys_days(2024y / 10 / 27), 3, berlin) ==
        moments{"2024-10-27 00:30:00", "2024-10-27 01:30:00", "2024-10-27 02:30:00"});
  CHECK(due("0 3 * * *", eve, 1, berlin) == moments{"2024-10-27 02:00:00"});
}

TEST_CASE("a shift by half an hour") {
  const lord_howe_2024 howe;
  CHECK(due("45 1 7 4 *", sys_days(2024y / 4 / 1), 1, howe) == moments{"2024-04-06 14:45:00"});
  CHECK(due("15 2 6 10 *", sys_days(2024y / 10 / 1), 1, howe) == moments{"2024-10-05 15:30:00"});
  CHECK(due("0 0 * * *", sys_days(2024y / 4 / 6), 2, howe) ==
        moments{"2024-04-06 13:00:00", "2024-04-07 13:30:00"});
}

TEST_CASE("next_after() returns a later moment and never skips one") {
  const berlin_2024 berlin;
  for (const char* s :
       {"*/7 * * * *", "13 2 * * *", "0 0 1,15 * 3", "5 4 31 3,10 *", "@every 7m"}) {
    const schedule parsed = schedule::parse(s);
    sys_seconds expected = sys_days(2024y / 3 / 30);
    sys_seconds last = expected;
    for (sys_seconds t = expected; t < sys_days(2024y / 4 / 2); t += 1min) {
      const sys_seconds next = parsed.next_after(t, berlin);
      REQUIRE(next > t);
      REQUIRE(next >= last);                         // a later start gives no earlier moment
      if (last > t) REQUIRE(next == last);           // and skips none
      last = next;
    }
  }
}

TEST_CASE("six fields: the second comes first") {
  CHECK(due("*/20 30 2 * * *", new_year, 4) ==
        moments{"2024-01-01 02:30:00", "2024-01-01 02:30:20", "2024-01-01 02:30:40",
                "2024-01-02 02:30:00"});
  CHECK(due("5,10 * * * * *", new_year + 7s, 3) ==
        moments{"2024-01-01 00:00:10", "2024-01-01 00:01:05", "2024-01-01 00:01:10"});
}

TEST_CASE("a range goes on at its first value if it ends before it begins") {
  CHECK(due("0 22-2/2 * * *", new_year, 4) ==
        moments{"2024-01-01 02:00:00", "2024-01-01 22:00:00", "2024-01-02 00:00:00",
                "2024-01-02 02:00:00"});
  CHECK(due("0 0 1 nov-feb *", new_year, 4) ==
        moments{"2024-02-01 00:00:00", "2024-11-01 00:00:00", "2024-12-01 00:00:00",
                "2025-01-01 00:00:00"});
  CHECK(due("0 0 * * Friday-mon", new_year, 4) ==
        moments{"2024-01-05 00:00:00", "2024-01-06 00:00:00", "2024-01-07 00:00:00",
                "2024-01-08 00:00:00"});
  CHECK(due("50-10/15 0 * * *", new_year, 3) ==
        moments{"2024-01-01 00:05:00", "2024-01-01 00:50:00", "2024-01-02 00:05:00"});
}

TEST_CASE("the end of the month, workdays and the n-th weekday") {
  CHECK(due("0 0 L * *", new_year, 2) == moments{"2024-01-31 00:00:00", "2024-02-29 00:00:00"});
  CHECK(due("0 0 L-3 2 *", new_year, 2) == moments{"2024-02-26 00:00:00", "2025-02-25 00:00:00"});
  CHECK(due("0 0 LW * ?", new_year, 3) ==
        moments{"2024-01-31 00:00:00", "2024-02-29 00:00:00", "2024-03-29 00:00:00"});
  // June 15 2024 is a Saturday, September 15 a Sunday, June 1 a Saturday, June 30 a Sunday.
  CHECK(due("0 0 15W 6,9 *", new_year, 2) ==
        moments{"2024-06-14 00:00:00", "2024-09-16 00:00:00"});
  CHECK(due("0 0 1w 6 *", new_year, 1) == moments{"2024-06-03 00:00:00"});
  CHECK(due("0 0 30W 6 *", new_year, 1) == moments{"2024-06-28 00:00:00"});
  CHECK(due("0 0 31W * *", new_year + 31 * 24h, 1) == moments{"2024-03-29 00:00:00"});
  CHECK(due("0 0 ? * fri#2", new_year, 2) ==
        moments{"2024-01-12 00:00:00", "2024-02-09 00:00:00"});
  CHECK(due("0 0 * * 1#5", new_year, 2) == moments{"2024-01-29 00:00:00", "2024-04-29 00:00:00"});
  for (const char* last : {"0 0 * * 5L", "0 0 * * friL", "0 0 * * L5"})
    CHECK(due(last, new_year, 2) == moments{"2024-01-26 00:00:00", "2024-02-23 00:00:00"});
  CHECK(due("0 0 * * mon#1,fri#1,7L", new_year, 4) ==
        moments{"2024-01-05 00:00:00", "2024-01-28 00:00:00", "2024-02-02 00:00:00",
                "2024-02-05 00:00:00"});
  CHECK(due("0 0 1,L * *", new_year, 3) ==
        moments{"2024-01-31 00:00:00", "2024-02-01 00:00:00", "2024-02-29 00:00:00"});
}

TEST_CASE("H follows from the name of the job and never changes") {
  const auto hashed = [](const char* s, const char* name) {
    return text(schedule::parse(s, name).next_after(new_year, utc_zone()));
  };
  CHECK(hashed("H H * * *", "backup") == hashed("H H * * *", "backup"));
  CHECK(hashed("H H * * *", "backup") != hashed("H H * * *", "probe"));
  CHECK(hashed("H H H H *", "backup") == "2024-02-26 19:33:00");
  CHECK(hashed("H(0-9)/3 H(20-22) * * H", "backup") == "2024-01-02 21:00:00");
  std::bitset<60> minutes;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "job-" + std::to_string(i);
    const sys_seconds t = schedule::parse("H * * * *", name).next_after(new_year, utc_zone());
    minutes.set(static_cast<std::size_t>((t - new_year) / 1min % 60));
  }
  CHECK(minutes.all());
}

TEST_CASE("a single run") {
  const auto once = [](const char* s) {
    return text(schedule::at(s).next_after(new_year, berlin_2024()));
  };
  CHECK(once("2024-12-01T03:00") == "2024-12-01 02:00:00");
  CHECK(once("2024-07-01 03:00:30") == "2024-07-01 01:00:30");
  CHECK(once("2024-07-01T03:00Z") == "2024-07-01 03:00:00");
  CHECK(once("2024-07-01T03:00-04:30") == "2024-07-01 07:30:00");
  CHECK(once("2024-03-31T02:30") == "2024-03-31 01:00:00");  // in the gap
  CHECK(once("2024-10-27T02:30") == "2024-10-27 00:30:00");  // shown twice
  CHECK(schedule::at("2023-12-01T03:00").next_after(new_year, utc_zone()) == sys_seconds::max());
  for (const char* bad : {"", "tomorrow", "2024-02-30T00:00", "2024-01-01", "2024-01-01T24:00",
                          "2024-01-01T00:60", "2024-01-01T00:00:60", "2024-01-01T00:00x",
                          "2024-1-01T00:00", "2024-01-01T00:00+1", "2024-01-01T00:00+25:00"})
    CHECK_THROWS_AS(schedule::at(bad), bad_schedule);
}

TEST_CASE("a shift at a quarter to three loses nothing") {
  const named_zone chatham = find_zone("Pacific/Chatham");  // 02:45 becomes 03:45
  CHECK(due("*/15 * * * *", sys_days(2024y / 9 / 28) + 13h + 40min, 4, *chatham.where) ==
        moments{"2024-09-28 13:45:00", "2024-09-28 14:00:00", "2024-09-28 14:15:00",
                "2024-09-28 14:30:00"});
}

TEST_CASE("the last moment and the number of moments in a time") {
  const berlin_2024 berlin;
  for (const char* s : {"*/7 * * * *", "13 2 * * *", "30 2,3 * * *", "0 0 1,15 * 3", "0 0 L * *",
                        "@every 7m", "15 30 * * * *"}) {
    const schedule parsed = schedule::parse(s);
    for (const sys_seconds begin : {sys_seconds(sys_days(2024y / 3 / 30)) + 23h + 59min,
                                    sys_seconds(sys_days(2024y / 10 / 26)) + 17s}) {
      std::uint64_t count = 0;
      std::optional<sys_seconds> last;
      for (sys_seconds t = begin; t < begin + 72h; t += 13min) {
        while (parsed.next_after(last.value_or(begin), berlin) <= t) {
          last = parsed.next_after(last.value_or(begin), berlin);
          ++count;
        }
        REQUIRE(parsed.count_in(begin, t, berlin) == count);
        REQUIRE(parsed.last_in(begin, t, berlin) == last);
      }
    }
  }
  const schedule minutely = schedule::parse("* * * * *");
  CHECK(minutely.count_in(new_year, new_year + 366 * 24h, berlin) == 366u * 24 * 60);
}

TEST_CASE("after the year 9999 nothing is due") {
  const sys_seconds late = std::chrono::sys_days(std::chrono::year(9998) / 6 / 1);
  for (const char* text : {"0 0 1 1 *", "0 0 29 2 *", "* 0 1 1 *"}) {
    CAPTURE(text);
    const schedule yearly = schedule::parse(text);
    sys_seconds t = late;
    for (int i = 0; i < 100 && t != sys_seconds::max(); ++i) t = yearly.next_after(t, utc_zone());
    CHECK(t == sys_seconds::max());
  }
}

TEST_CASE("a schedule takes any moment, the first and the last that a number can say included") {
  const berlin_2024 berlin;
  const sys_seconds least = sys_seconds::min();
  const sys_seconds most = sys_seconds::max();
  for (const char* text : {"@every 1s", "@every 7m", "* * * * *", "30 2 * * *"}) {
    CAPTURE(text);
    const schedule s = schedule::parse(text);
    CHECK(s.next_after(most, berlin) == most);
    CHECK(s.next_after(least, berlin) >= first_moment);
    CHECK(s.next_after(least, berlin) < first_moment + 48h);
    const auto last = s.last_in(least, most, berlin);
    REQUIRE(last);
    CHECK(*last <= last_moment);
    CHECK(*last > last_moment - 48h);
    CHECK(s.last_in(most, most, berlin) == std::nullopt);
    CHECK(s.count_in(least, most, berlin) == s.count_in(first_moment, last_moment, berlin));
  }
  const schedule once = schedule::at("9999-12-31T23:00:00Z");
  CHECK(once.next_after(new_year, berlin) == most);
}

TEST_CASE("an error names what is allowed") {
  CHECK_THAT(refusal("60 * * * *"), ContainsSubstring("'60' is not a minute (0-59"));
  CHECK_THAT(refusal("* 24 * * *"), ContainsSubstring("'24' is not an hour (0-23"));
  CHECK_THAT(refusal("* * 0 * *"), ContainsSubstring("'0' is not a day of month (1-31"));
  CHECK_THAT(refusal("* * * 13 *"), ContainsSubstring("'13' is not a month (1-12, jan-dec"));
  CHECK_THAT(refusal("* * * * 8"), ContainsSubstring("'8' is not a day of week (0-7, sun-sat"));
  for (const char* bad : {"*/0 * * * *", "*/60 * * * *", "1- * * * *", "-1 * * * *",
                          "a * * * *", "1,,2 * * * *", "1.5 * * * *", "* * * janu *", "** * * * *",
                          "1-2-3 * * * *", "4294967297 * * * *", "* * * * mon-", "/5 * * * *"})
    CHECK_THAT(refusal(bad), ContainsSubstring(" is not a "));
  for (const char* bad : {"", "   ", "* * * *", "* * * * * * *", "@often", "@every", "@every 1s 2s",
                          "daily"})
    CHECK_THAT(refusal(bad), ContainsSubstring("is not a schedule: five fields"));
  CHECK_THAT(refusal("0 0 * * L"), ContainsSubstring("5L or friL is the last Friday"));
  CHECK_THAT(refusal("0 0 * * fri#6"), ContainsSubstring("fri#1 to fri#5"));
  CHECK_THAT(refusal("0 0 L-31 * *"), ContainsSubstring("L-1 to L-30"));
  CHECK_THAT(refusal("0 0 32W * *"), ContainsSubstring("1W to 31W"));
  CHECK_THAT(refusal("? * * * *"), ContainsSubstring("'?' is not a minute"));
  CHECK_THAT(refusal("H(30-10) * * * *"), ContainsSubstring("smaller value first"));
  CHECK_THAT(refusal("H(5) * * * *"), ContainsSubstring("is not a minute"));
  CHECK_THAT(refusal("@reboot"), ContainsSubstring("all machines share"));
  CHECK_THAT(refusal("CRON_TZ= * * * * *"), ContainsSubstring("names no time zone"));
  CHECK_THAT(refusal("@every 1.5s"), ContainsSubstring("'1.5s' is not a duration"));
  CHECK_THAT(refusal("@every 500ms"), ContainsSubstring("whole seconds"));
  CHECK_THAT(refusal("@every 0"), ContainsSubstring("whole seconds"));
  CHECK_THAT(refusal("@every 90"),
             ContainsSubstring("'90' is not a duration: write whole seconds, as in 90s"));
  for (const char* never : {"0 0 30 2 *", "* * 31 4,6,9,11 *"})
    CHECK_THAT(refusal(never), ContainsSubstring("never due"));
}

}  // namespace
