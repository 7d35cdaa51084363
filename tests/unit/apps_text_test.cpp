// Durations and JSON strings of the programs.
#include <catch2/catch_test_macros.hpp>
#include <tenure/toolkit/utf8.hpp>

#include "common/duration.hpp"
#include "common/json.hpp"
#include "common/secret_arguments.hpp"
#include "common/visible_controls.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;

TEST_CASE("secrets are overwritten in the arguments, and a copy has them") {
  std::vector<std::string> words{"tenure",        "run",
                                 "--token",       "s3cret",
                                 "--http-token=s3cret", "-token=s3cret",
                                 "--token-file",  "name",
                                 "--http-addr",   "http://u:s3cret@h",
                                 "--http-addr=h:1", "--token=",
                                 "s3cret",        "--",
                                 "child",         "--token",
                                 "own",           "--token"};
  const std::vector<std::string> given = words;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  CHECK(apps::take_arguments(static_cast<int>(argv.size()), argv.data()) == given);
  CHECK(words == std::vector<std::string>{"tenure", "run", "--token", "xxxxxx",
                                          "--http-token=xxxxxx", "-token=xxxxxx", "--token-file",
                                          "name", "--http-addr", "xxxxxxxxxxxxxxxxx",
                                          "--http-addr=h:1", "--token=", "xxxxxx", "--",
                                          "child", "--token", "own", "--token"});
}

TEST_CASE("durations are parsed") {
  CHECK(apps::parse_duration("15s") == 15s);
  CHECK(apps::parse_duration("500ms") == 500ms);
  CHECK(apps::parse_duration("1m30s") == 90s);
  CHECK(apps::parse_duration("1d2h3m4s5ms6us7ns") ==
        duration(26h + 3min + 4s + 5ms + 6us + 7ns));
  CHECK(apps::parse_duration("0") == duration(0));
  CHECK(apps::parse_duration("0s") == duration(0));
  CHECK(apps::parse_duration("36500d") == duration(24h * 36'500));
  CHECK(apps::parse_duration("36499d24h") == duration(24h * 36'500));
}

TEST_CASE("ambiguous durations are refused") {
  for (const char* bad : {"", "15", "s", "-5s", "+5s", "1.5s", "5 s", " 5s", "5s ", "30s1m", "1s1s",
                          "5sec", "1ms5s", "36501d", "36500d1ns", "106752d",
                          "99999999999999999999s", "5S", "5s6", "0x5s", "05s", "1m05s", "00",
                          "\xc2\xb5s", "5mss"})
    CHECK_THROWS_AS(apps::parse_duration(bad), apps::usage_error);
  try {
    apps::parse_duration("5x");
    FAIL();
  } catch (const apps::usage_error& e) {
    CHECK(std::string(e.what()) == "'5x' is not a duration: write it as 500ms, 15s or 1m30s");
  }
  try {
    apps::parse_duration("99999999h");
    FAIL();
  } catch (const apps::usage_error& e) {
    CHECK(std::string(e.what()) ==
          "'99999999h' is longer than 36500d: choose a shorter time");
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
  CHECK(apps::json_string("a\xc2\x9b\xc2\xa0") == "\"a\\u009b\xc2\xa0\"");
  CHECK(apps::one_line("a\nb\\c") == "a\\nb\\\\c");
  CHECK(apps::one_line("a\x1b\xc2\x9b\xc3\xa9\xff") == "a\\u001b\\u009b\xc3\xa9\\xff");
  CHECK(apps::json_string("\xe2\x80\xae") == "\"\\u202e\"");
  CHECK(apps::one_line("a\xe2\x80\xae" "b\xe2\x81\xa9") == "a\\u202eb\\u2069");
}

TEST_CASE("the line of an error is safe to show, and short") {
  CHECK(apps::error_line("a: 'b\nc' is wrong\n") == "a: 'b\\nc' is wrong");
  CHECK(apps::error_line("\x1b[31m\xc2\x9b\xe2\x80\xae\xff") ==
        "\\x1b[31m\\xc2\\x9b\\xe2\\x80\\xae\\xff");
  const std::string whole = "--span: '" + std::string(600, 'v') + "' is not a duration";
  CHECK(apps::error_line(whole) == whole);
  std::string umlauts = "--span: '";
  for (int i = 0; i < 5000; ++i) umlauts += "\xc3\xbc";
  const std::string cut = apps::error_line(umlauts + "' is not a duration: write 5s");
  CHECK(cut.size() < 700);
  CHECK(cut.starts_with("--span: '\xc3\xbc"));
  CHECK(cut.ends_with("\xc3\xbc' is not a duration: write 5s"));
  CHECK(text::is_utf8(cut));
}

}  // namespace
