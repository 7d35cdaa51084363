// JSON as Go writes it.
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <tenure/toolkit/json_string.hpp>
#include <tenure/toolkit/json_writer.hpp>

namespace tenure::text {
namespace {

std::string written(std::string_view text) { return json_writer().value(text).take(); }

}  // namespace

TEST_CASE("JSON: the writer puts in the commas") {
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

TEST_CASE("JSON for terminals escapes what they obey, and leaves the rest readable") {
  const auto shown = [](std::string_view text) {
    std::string out;
    append_json_string(out, text, json_escapes::terminal);
    return out;
  };
  CHECK(shown("<a>&\xe2\x80\xa8\xe2\x82\xac") == "\"<a>&\\u2028\xe2\x82\xac\"");
  CHECK(shown("\x7f\x1b\"\\\n") == R"("\u007f\u001b\"\\\n")");
  CHECK(shown("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0") == "\"\\u0080\\u009b\\u009f\xc2\xa0\"");
  CHECK(shown("a\xff") == "\"a\xef\xbf\xbd\"");
}

}  // namespace tenure::text
