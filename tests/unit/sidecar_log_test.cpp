// The sidecar's log lines as JSON objects, read again with a parser that refuses what is not JSON.
#include <simdjson.h>

#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <string>

#include "common/log/json_log.hpp"
#include "common/log/line_writer.hpp"
#include "support/captured_stderr.hpp"

namespace {

using namespace tenure;

std::string logged(std::string_view message, std::initializer_list<log_field> fields) {
  test::captured_stderr captured;
  apps::json_log(log_level::info)->log(log_level::warn, message, fields);
  apps::standard_error().flush();
  return captured.text();
}

TEST_CASE("a JSON line has an RFC 3339 time, and numbers and booleans without quotes") {
  const std::string line = logged("term ended", {{"election", "db"},
                                                 {"fence", 18446744073709551615u},
                                                 {"lease_ms", -5},
                                                 {"seconds", 2.5},
                                                 {"timed_out", false},
                                                 {"value", "17"},
                                                 {"holder", ""}});
  const std::regex expected(
      R"re(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"warning",)re"
      R"re("msg":"term ended","election":"db","fence":18446744073709551615,"lease_ms":-5,)re"
      R"re("seconds":2\.5,"timed_out":false,"value":"17"\}\n)re");
  INFO(line);
  CHECK(std::regex_match(line, expected));
}

TEST_CASE("a JSON line is valid whatever bytes it has") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  all += "\xf0\x9f\x91\x91 \xed\xa0\x80 \xe2\x80";
  const std::string line = logged(all, {{"bytes", all}, {all, "name"}});
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  simdjson::dom::parser parser;
  const simdjson::padded_string text(line);
  simdjson::dom::object found;
  REQUIRE(parser.parse(text).get(found) == simdjson::SUCCESS);
  std::string_view value;
  REQUIRE(found["bytes"].get(value) == simdjson::SUCCESS);
  CHECK(value.substr(0, 128) == all.substr(0, 128));
  CHECK(value.find("\xf0\x9f\x91\x91") != value.npos);
}

TEST_CASE("a name occurs once in a JSON line, and fields do not hide time, level and message") {
  const std::string line =
      logged("m", {{"reason", "first"}, {"reason", "second"}, {"msg", "x"}, {"time", 1}});
  CHECK(line.ends_with(R"("level":"warning","msg":"m","reason":"first"})" "\n"));
}

}  // namespace
