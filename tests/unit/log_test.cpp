#include <tenure/spdlog_sink.hpp>

#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "support/captured_stderr.hpp"

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
  log->log(log_level::trace, "two\nlines",
           {{"empty", ""},
            {"words", "a b"},
            {"quote", R"(say "x\y")"},
            {"equals", "a=b"},
            {"control", std::string("a\nb\x01\x1b[31m")}});
  const std::string line = captured.text();
  INFO(line);
  CHECK(line.ends_with(" trace two\\nlines empty=\"\" words=\"a b\" quote=\"say \\\"x\\\\y\\\"\" "
                       "equals=\"a=b\" control=\"a\\nb\\x01\\x1b[31m\"\n"));
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
  } catch (const std::invalid_argument& error) {
    CHECK(std::string(error.what()) ==
          "unknown log level \"loud\": use trace, debug, info, warn, error or off");
  }
}

}  // namespace
