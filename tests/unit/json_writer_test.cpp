// JSON and base64 as Go writes them.
#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "wire/base64.hpp"
#include "wire/json_writer.hpp"
#include "wire/utf8.hpp"

namespace tenure::wire {
namespace {

std::string written(std::string_view text) { return json_writer().value(text).take(); }

}  // namespace

TEST_CASE("JSON: commas are where they belong") {
  json_writer json;
  json.begin_object();
  json.key("a").begin_array().end_array();
  json.key("b").begin_array().value(true).null().begin_object().end_object().raw("[1,2]");
  json.value("x").end_array();
  json.key("c").begin_object().key("d").value(std::int64_t{-1}).end_object();
  json.key("e").value(std::uint64_t{0}).end_object();
  CHECK(json.text() == R"({"a":[],"b":[true,null,{},[1,2],"x"],"c":{"d":-1},"e":0})");
}

TEST_CASE("JSON: numbers of 64 bits") {
  CHECK(json_writer().value(std::numeric_limits<std::uint64_t>::max()).text() ==
        "18446744073709551615");
  CHECK(json_writer().value(std::numeric_limits<std::int64_t>::min()).text() ==
        "-9223372036854775808");
}

TEST_CASE("JSON: text is escaped as Go does") {
  CHECK(written("plain /text'") == "\"plain /text'\"");
  CHECK(written("\"\\\n\r\t") == R"("\"\\\n\r\t")");
  CHECK(written(std::string_view("\0\b\f\x1f\x7f", 5)) == "\"\\u0000\\u0008\\u000c\\u001f\x7f\"");
  CHECK(written("<a>&") == R"("\u003ca\u003e\u0026")");
  CHECK(written("\xe2\x80\xa8\xe2\x80\xa9") == R"("\u2028\u2029")");
  CHECK(written("\xc3\xa9\xf0\x9f\x98\x80") == "\"\xc3\xa9\xf0\x9f\x98\x80\"");
  CHECK(written("a\xff\xc3") == R"("a\ufffd\ufffd")");
  CHECK(written("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");  // half of a surrogate pair
}

TEST_CASE("UTF-8: what is a sequence and what is not") {
  const auto length = [](std::string_view text) { return utf8_length(text); };
  CHECK(length("a") == 1);
  CHECK(length("\xc2\x80") == 2);
  CHECK(length("\xc1\xbf") == 0);  // overlong
  CHECK(length("\xe0\x9f\xbf") == 0);
  CHECK(length("\xe0\xa0\x80") == 3);
  CHECK(length("\xed\xa0\x80") == 0);
  CHECK(length("\xf0\x8f\xbf\xbf") == 0);
  CHECK(length("\xf4\x8f\xbf\xbf") == 4);
  CHECK(length("\xf4\x90\x80\x80") == 0);
  CHECK(length("\xe2\x82") == 0);
  CHECK(length("\x80") == 0);
  for (const std::uint32_t c :
       {0x41U, 0x7fU, 0x80U, 0x7ffU, 0x800U, 0xfffdU, 0x10000U, 0x10ffffU}) {
    std::string text;
    utf8_append(text, c);
    CHECK(utf8_decode(text, utf8_length(text)) == c);
  }
}

TEST_CASE("Base64: there and back") {
  for (const auto& [plain, coded] : {std::pair{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
                                     {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}}) {
    CHECK(base64_encode(plain) == coded);
    CHECK(base64_decode(coded) == plain);
  }
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  CHECK(base64_decode(base64_encode(all)) == all);
  CHECK(base64_decode("Zm9v\r\nYmFy\n") == "foobar");  // Go passes over line ends
}

TEST_CASE("Base64: what is none") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zm9", "Z===", "====", "=", "Zg==Zg==", "Zm 9v",
                           "Zm9v=", "Zm-_", "Zg==="}) {
    INFO(text);
    CHECK_FALSE(base64_decode(text).has_value());
  }
}

}  // namespace tenure::wire
