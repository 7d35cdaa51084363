#include "text/utf8.hpp"

#include <catch2/catch_test_macros.hpp>

namespace tenure::text {

TEST_CASE("UTF-8: valid and invalid sequences") {
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

TEST_CASE("UTF-8: validation of a whole text") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("a\xc3\xa4\xe2\x82\xac"));
  CHECK_FALSE(is_utf8("a\xff"));
  CHECK_FALSE(is_utf8("\xc3"));
}

TEST_CASE("UTF-8: characters that a terminal obeys are known") {
  for (const char* obeyed : {"\n", "\x1b", "\x7f", "\xc2\x80", "\xc2\x9f", "\xd8\x9c",
                             "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xae",
                             "\xe2\x81\xa6", "\xe2\x81\xa9"}) {
    CAPTURE(obeyed);
    CHECK(text::obeyed_length(std::string(obeyed) + "x") == std::string_view(obeyed).size());
  }
  for (const char* shown : {" ", "a", "~", "\xc2\xa0", "\xc3\xa9", "\xe2\x80\x8d",
                            "\xe2\x80\xaf", "\xe2\x81\xaa", "\xe2\x82\xac", "\xd8\x9d",
                            "\xe2", "\xe2\x80", "\xc2", "\xff"}) {
    CAPTURE(shown);
    CHECK(text::obeyed_length(shown) == 0);
  }
}

TEST_CASE("UTF-8: invalid bytes are found and made visible") {
  CHECK(text::first_invalid("") == 0);
  CHECK(text::first_invalid("caf\xc3\xa9") == 5);
  CHECK(text::first_invalid("caf\xc3\xa9\xff x") == 5);
  CHECK(text::with_visible_bytes("caf\xc3\xa9\xff\xc3") == "caf\xc3\xa9\\xff\\xc3");
}

TEST_CASE("UTF-8: repair replaces each invalid byte") {
  const auto repaired = [](std::string_view text) {
    std::string out;
    append_repaired(out, text);
    return out;
  };
  CHECK(repaired("a\xc3\xa4") == "a\xc3\xa4");
  CHECK(repaired("a\xff\xc3z") == "a\xef\xbf\xbd\xef\xbf\xbdz");
}

}  // namespace tenure::text
