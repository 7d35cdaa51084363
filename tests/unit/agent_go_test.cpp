// Go's JSON, durations, numbers and quoting, as far as they show in the agent's answers.
#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "agent/go/json.hpp"
#include "agent/go/text.hpp"
#include "agent/requests/request_target.hpp"

namespace tenure::agent {
namespace {

std::string syntax_error(std::string_view text) { return go_json_syntax(text).error(); }

}  // namespace

TEST_CASE("Go's JSON: error texts") {
  for (const auto& [text, error] : {
           std::pair{"", "EOF"},
           {" \n", "EOF"},
           {"{", "unexpected EOF"},
           {"[1,", "unexpected EOF"},
           {"\"a", "unexpected EOF"},
           {"tru", "unexpected EOF"},
           {"-", "unexpected EOF"},
           {"1.", "unexpected EOF"},
           {"1e", "unexpected EOF"},
           {"x", "invalid character 'x' looking for beginning of value"},
           {"'", "invalid character '\\'' looking for beginning of value"},
           {"\xff", "invalid character '\xc3\xbf' looking for beginning of value"},
           {"\x01", "invalid character '\\x01' looking for beginning of value"},
           {"\x7f", "invalid character '\\u007f' looking for beginning of value"},
           {"]", "invalid character ']' looking for beginning of value"},
           {"[1 2]", "invalid character '2' after array element"},
           {"[,]", "invalid character ',' looking for beginning of value"},
           {"{1:2}", "invalid character '1' looking for beginning of object key string"},
           {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
           {"{\"a\" 1}", "invalid character '1' after object key"},
           {"{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"},
           {"\"\n\"", "invalid character '\\n' in string literal"},
           {"\"\\x\"", "invalid character 'x' in string escape code"},
           {"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"},
           {"-a", "invalid character 'a' in numeric literal"},
           {"1.a", "invalid character 'a' after decimal point in numeric literal"},
           {"1ea", "invalid character 'a' in exponent of numeric literal"},
           {"trux", "invalid character 'x' in literal true (expecting 'e')"},
           {"nil", "invalid character 'i' in literal null (expecting 'u')"},
       }) {
    INFO(text);
    CHECK(syntax_error(text) == error);
  }
  CHECK(syntax_error(std::string(10'001, '[')) == "exceeded max depth");
}

TEST_CASE("Go's JSON: text after the value is ignored") {
  CHECK(go_json_syntax(" {\"a\": [1, {}]} and more").value() == "{\"a\": [1, {}]}");
  CHECK(go_json_syntax("01").value() == "0");
  CHECK(go_json_syntax("-0.5e+10x").value() == "-0.5e+10");
  CHECK(go_json_syntax("null5").value() == "null");
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  CHECK(go_json_syntax(deep).value() == deep);
}

TEST_CASE("Go's JSON: reading a value") {
  using kind = go_json_reader::kind;
  go_json_reader json(R"( { "a" : "x\n\u00e9\ud83d\ude00\ud800y" , "skip": [{"]":"\"}"}, 1.5, null],
      "n":-12e3,"t":true,"f" : false,"z":null, "e":{} } )");
  REQUIRE(json.peek() == kind::object);
  json.enter();
  REQUIRE(json.more());
  CHECK(json.name() == "a");
  CHECK(json.string() == "x\n\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbdy");
  REQUIRE(json.more());
  CHECK(json.name() == "skip");
  CHECK(json.peek_name() == "array");
  json.skip();
  REQUIRE(json.more());
  CHECK(json.name() == "n");
  CHECK(json.number() == "-12e3");
  REQUIRE(json.more());
  CHECK(json.name() == "t");
  CHECK(json.boolean());
  REQUIRE(json.more());
  CHECK(json.name() == "f");
  CHECK_FALSE(json.boolean());
  REQUIRE(json.more());
  CHECK(json.name() == "z");
  CHECK(json.peek() == kind::null);
  json.skip();
  REQUIRE(json.more());
  CHECK(json.name() == "e");
  json.enter();
  CHECK_FALSE(json.more());
  CHECK_FALSE(json.more());
  CHECK(go_json_field("lockDELAY", "LockDelay"));
  CHECK_FALSE(go_json_field("LockDelays", "LockDelay"));
}

TEST_CASE("Go's durations") {
  constexpr std::int64_t s = 1'000'000'000;
  for (const auto& [text, ns] :
       {std::pair<const char*, std::int64_t>{"0", 0}, {"-0", 0}, {"1ns", 1}, {"1.5us", 1500},
        {"2\xc2\xb5s", 2000}, {"3\xce\xbcs", 3000}, {"4ms", 4'000'000}, {".5s", s / 2},
        {"5.s", 5 * s}, {"-1m", -60 * s}, {"+1h1m1s", 3661 * s}, {"1h1h", 7200 * s},
        {"9223372036854775807ns", std::numeric_limits<std::int64_t>::max()},
        {"0.1234567890123456789s", 123'456'789}}) {
    INFO(text);
    const auto parsed = go_parse_duration(text);
    CHECK(parsed.ok());
    CHECK(parsed.value == ns);
  }
  for (const auto& [text, error] :
       {std::pair{"", "time: invalid duration \"\""}, {"-", "time: invalid duration \"-\""},
        {"x", "time: invalid duration \"x\""}, {".s", "time: invalid duration \".s\""},
        {"1", "time: missing unit in duration \"1\""},
        {"1s1", "time: missing unit in duration \"1s1\""},
        {"1d", "time: unknown unit \"d\" in duration \"1d\""},
        {"1s x", "time: unknown unit \"s x\" in duration \"1s x\""},
        {"1\"", "time: unknown unit \"\"\" in duration \"1\"\""},
        {"1\xc3\xa9", "time: unknown unit \"\xc3\xa9\" in duration \"1\xc3\xa9\""},
        {"9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""},
        {"3000000h", "time: invalid duration \"3000000h\""}}) {
    INFO(text);
    CHECK(go_parse_duration(text).error == error);
  }
}

TEST_CASE("Go's texts of durations") {
  for (const auto& [ns, text] : {std::pair<std::int64_t, const char*>{0, "0s"},
                                 {1, "1ns"},
                                 {1'100, "1.1\u00b5s"},
                                 {2'200'000, "2.2ms"},
                                 {3'300'000'000, "3.3s"},
                                 {10'000'000'000, "10s"},
                                 {90'000'000'000, "1m30s"},
                                 {245'000'000'000, "4m5s"},
                                 {245'001'000'000, "4m5.001s"},
                                 {18'367'001'000'000, "5h6m7.001s"},
                                 {480'000'000'001, "8m0.000000001s"},
                                 {-86'400'000'000'000, "-24h0m0s"}}) {
    CHECK(go_format_duration(ns) == text);
  }
}

TEST_CASE("Go's numbers and quotes") {
  CHECK(go_parse_uint("18446744073709551615").value == std::numeric_limits<std::uint64_t>::max());
  CHECK(go_parse_uint("18446744073709551616").error ==
        "strconv.ParseUint: parsing \"18446744073709551616\": value out of range");
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "1e3"}) {
    CHECK_FALSE(go_parse_uint(text).ok());
  }
  CHECK(go_quote("a\"\\\n\t\x01\xc3\xa9\xff") == "\"a\\\"\\\\\\n\\t\\x01\xc3\xa9\\xff\"");
  CHECK(go_quote("\x7f\xc2\xa0\xe2\x80\xa8\xf3\xa0\x80\x81") ==
        "\"\\u007f\\u00a0\\u2028\\U000e0001\"");
  CHECK(go_sharp_unicode('z') == "U+007A 'z'");
  CHECK(go_sharp_unicode('\x01') == "U+0001");
  CHECK(go_printable("plain \xc3\xa9\xf0\x9f\x98\x80\xff"));
  CHECK_FALSE(go_printable("a\tb"));
  CHECK_FALSE(go_printable("a\xc2\xa0"));
  CHECK_FALSE(go_printable("a\xe2\x80\x8b"));
}

TEST_CASE("Request targets") {
  const request_target plain("/v1/kv/a%20b+c?x=1&y&x=2;z=%2F+");
  CHECK(plain.path() == "/v1/kv/a b+c");
  CHECK(plain.get("x") == "1");
  CHECK(plain.has("y"));
  CHECK(plain.get("y").empty());
  CHECK(plain.get("z") == "/ ");
  CHECK_FALSE(plain.has("a"));
  CHECK(plain.encoded_query() == "x=1&x=2&y=&z=%2F+");
  CHECK_FALSE(plain.redirect(request_target::cleaned::unescaped).has_value());

  CHECK_FALSE(request_target("/%z1").path_valid());
  CHECK_FALSE(request_target("/%1").path_valid());
  CHECK_FALSE(request_target("/?%zz").query_valid());
  CHECK_FALSE(request_target("/?a;b", request_target::semicolon::refused).query_valid());
  CHECK_FALSE(request_target("/a%2F%2Fb").redirect(request_target::cleaned::escaped).has_value());
  CHECK(request_target("/a//b%20c").redirect(request_target::cleaned::escaped) == "/a/b%2520c");
  for (const auto& [from, to] :
       {std::pair{"//a", "/a"}, {"/a//b/", "/a/b/"}, {"/a/./b?c=//", "/a/b?c=//"},
        {"/../a/..", "/"}, {"/a/b/..", "/a"}, {"/a/%2e%2e/%20;b", "/%20;b"}, {"/.", "/"},
        {"/a/.", "/a"}}) {
    INFO(from);
    CHECK(request_target(from).redirect(request_target::cleaned::unescaped) == to);
  }
}

}  // namespace tenure::agent
