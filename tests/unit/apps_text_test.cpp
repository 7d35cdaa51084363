// Durations and JSON strings of the programs.
#include <catch2/catch_test_macros.hpp>

#include "common/duration.hpp"
#include "common/json.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;

TEST_CASE("durations are parsed") {
  CHECK(apps::parse_duration("15s") == 15s);
  CHECK(apps::parse_duration("500ms") == 500ms);
  CHECK(apps::parse_duration("1m30s") == 90s);
  CHECK(apps::parse_duration("1d2h3m4s5ms6us7ns") ==
        duration(26h + 3min + 4s + 5ms + 6us + 7ns));
  CHECK(apps::parse_duration("0") == duration(0));
  CHECK(apps::parse_duration("0s") == duration(0));
  CHECK(apps::parse_duration("106751d") == duration(24h * 106751));
}

TEST_CASE("ambiguous durations are refused") {
  for (const char* bad : {"", "15", "s", "-5s", "+5s", "1.5s", "5 s", " 5s", "5s ", "30s1m", "1s1s",
                          "5sec", "1ms5s", "106752d", "99999999999999999999s", "5S", "5s6", "0x5s",
                          "\xc2\xb5s", "5mss"})
    CHECK_THROWS_AS(apps::parse_duration(bad), apps::usage_error);
  try {
    apps::parse_duration("5x");
    FAIL();
  } catch (const apps::usage_error& e) {
    CHECK(std::string(e.what()) == "'5x' is not a duration: write it as 500ms, 15s or 1m30s");
  }
}

TEST_CASE("printed durations can be parsed") {
  CHECK(apps::to_text(90s) == "1m30s");
  CHECK(apps::to_text(1500ms) == "1s500ms");
  CHECK(apps::to_text(25h) == "1d1h");
  CHECK(apps::to_text(250ms) == "250ms");
  CHECK(apps::to_text(duration(0)) == "0s");
  CHECK(apps::to_text(-90s) == "-1m30s");
  for (const duration d : {duration(1), duration(90s), duration(25h + 1ms)})
    CHECK(apps::parse_duration(apps::to_text(d)) == d);
}

TEST_CASE("any bytes become a valid JSON string") {
  CHECK(apps::json_string("host-a:80") == "\"host-a:80\"");
  CHECK(apps::json_string("a\"b\\c\n\x01\x7f") == "\"a\\\"b\\\\c\\n\\u0001\\u007f\"");
  CHECK(apps::json_string("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9f") ==
        "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9f\"");
  for (const char* bad :
       {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    CHECK(apps::json_string(bad).find("\xef\xbf\xbd") == 1);
  CHECK(apps::one_line("a\nb\\c") == "a\\nb\\\\c");
}

}  // namespace
