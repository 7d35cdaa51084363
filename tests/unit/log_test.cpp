#include <tenure/bad_configuration.hpp>
#include <tenure/spdlog_sink.hpp>

#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "support/captured_stderr.hpp"
#include "support/kept_log.hpp"

namespace {

using namespace tenure;

TEST_CASE("a line has an RFC 3339 time, a level, a message and fields") {
  test::captured_stderr captured;
  const auto log = stderr_log(log_level::info);
  log->log(log_level::warn, "the term ended",
           {{"election", "service/mysql/leader"}, {"fence", std::uint64_t{18446744073709551615u}}});
  const std::string line = captured.text();
  const std::regex expected(
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn the term ended )"
      R"(election=service/mysql/leader fence=18446744073709551615\n)");
  INFO(line);
  CHECK(std::regex_match(line, expected));
}

TEST_CASE("ambiguous values are quoted, and line ends are escaped") {
  test::captured_stderr captured;
  const auto log = stderr_log(log_level::trace);
  const log_field fields[] = {{"empty", ""},
                              {"words", "a b"},
                              {"quote", R"(say "x\y")"},
                              {"equals", "a=b"},
                              {"control", std::string("a\nb\x01\x1b[31m\xc2\x9b\xc2\xa0")}};
  log->write(log_level::trace, "two\nlines", fields);
  const std::string line = captured.text();
  INFO(line);
  CHECK(line.ends_with(" trace two\\nlines empty=\"\" words=\"a b\" quote=\"say \\\"x\\\\y\\\"\" "
                       "equals=\"a=b\" control=\"a\\nb\\x01\\x1b[31m\\xc2\\x9b\xc2\xa0\"\n"));
}

TEST_CASE("fields have types, and numbers are written as JSON writes them") {
  using enum log_field::type;
  const auto check = [](const log_field& field, log_field::type kind, std::string_view value) {
    CAPTURE(value);
    CHECK(field.kind() == kind);
    CHECK(field.value() == value);
  };
  check({"a", "1"}, text, "1");
  check({"a", std::string("x")}, text, "x");
  check({"a", std::string_view("true")}, text, "true");
  check({"a", 7}, number, "7");
  check({"a", -7L}, number, "-7");
  check({"a", std::uint32_t{4294967295u}}, number, "4294967295");
  check({"a", std::numeric_limits<std::uint64_t>::max()}, number, "18446744073709551615");
  check({"a", true}, boolean, "true");
  check({"a", false}, boolean, "false");
  check({"a", 1.5}, number, "1.5");
  check({"a", 12.0}, number, "12.0");
  check({"a", -0.1239}, number, "-0.124");
  check({"a", 9e4}, number, "90000.0");
  check({"a", std::numeric_limits<double>::infinity()}, text, "inf");
  check({"a", -std::numeric_limits<double>::quiet_NaN()}, text, "-nan");
}

TEST_CASE("a line leaves out the fields that say nothing") {
  test::kept_log log;
  log.log(log_level::info, "m", {{"empty", ""}, {"zero", 0}, {"no", false}, {"last", ""}});
  const std::vector<log_field> more{{"a", std::string()}, {"b", "x"}};
  log.log(log_level::info, "n", more);
  log.log(log_level::info, "o");
  CHECK(log.lines(log_level::info) == std::vector<std::string>{"m zero=0 no=false", "n b=x", "o"});
}

TEST_CASE("lines below the level are not written") {
  test::captured_stderr captured;
  const auto log = stderr_log(log_level::warn);
  CHECK_FALSE(log->enabled(log_level::info));
  CHECK(log->enabled(log_level::error));
  log->log(log_level::info, "no");
  log->write(log_level::debug, "no", {});
  const auto none = stderr_log(log_level::off);
  CHECK_FALSE(none->enabled(log_level::error));
  none->write(log_level::off, "no", {});
  const auto silent = silent_log();
  CHECK_FALSE(silent->enabled(log_level::error));
  silent->write(log_level::error, "no", {});
  CHECK(captured.text().empty());
}

TEST_CASE("braces in a message are not a format") {
  test::captured_stderr captured;
  stderr_log(log_level::info)->log(log_level::info, "{} {0} %d", {{"k", "{}"}});
  CHECK(captured.text().ends_with(" info {} {0} %d k={}\n"));
}

TEST_CASE("levels are parsed, and the error for an unknown one lists them") {
  CHECK(parse_log_level("trace") == log_level::trace);
  CHECK(parse_log_level("debug") == log_level::debug);
  CHECK(parse_log_level("info") == log_level::info);
  CHECK(parse_log_level("warn") == log_level::warn);
  CHECK(parse_log_level("error") == log_level::error);
  CHECK(parse_log_level("off") == log_level::off);
  try {
    static_cast<void>(parse_log_level("loud"));
    FAIL("accepted");
  } catch (const bad_configuration& error) {
    CHECK(std::string(error.what()) ==
          "unknown log level \"loud\": use trace, debug, info, warn, error or off");
  }
}

}  // namespace
