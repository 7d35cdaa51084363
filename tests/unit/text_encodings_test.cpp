// Base64, hexadecimal digits, percent-encoding, ports, ASCII.
#include <catch2/catch_test_macros.hpp>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/percent.hpp>

#include "text/hex.hpp"
#include "text/host_port.hpp"

namespace tenure::text {

TEST_CASE("Base64: there and back") {
  for (const auto& [plain, coded] : {std::pair{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
                                     {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}}) {
    CHECK(base64_encode(plain) == coded);
    CHECK(base64_decode(coded) == plain);
  }
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  CHECK(base64_decode(base64_encode(all)) == all);
  CHECK(base64_decode("Zm9v\r\nYmFy\n") == "foobar");  // Go ignores line ends
}

TEST_CASE("Base64: invalid text is refused") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zm9", "Z===", "====", "=", "Zg==Zg==", "Zm 9v",
                           "Zm9v=", "Zm-_", "Zg==="}) {
    INFO(text);
    CHECK_FALSE(base64_decode(text).has_value());
  }
}

TEST_CASE("hexadecimal digits") {
  CHECK(hex(0x2a) == "000000000000002a");
  CHECK(hex(0xfedc, 2) == "dc");
  std::string out;
  append_hex(out, '\xaf');
  append_hex(out, '\x0f', upper_hex_digits);
  CHECK(out == "af0F");
  CHECK(hex_value('9') == 9);
  CHECK(hex_value('a') == 10);
  CHECK(hex_value('F') == 15);
  CHECK(hex_value('g') == -1);
}

TEST_CASE("percent-encoding there and back") {
  CHECK(percent_encode("a/b c~") == "a%2Fb%20c~");
  CHECK(percent_encode("a/b c", "/") == "a/b%20c");
  CHECK(percent_decode("a%2fb+c", plus_sign::literal) == "a/b+c");
  CHECK(percent_decode("a+b", plus_sign::space) == "a b");
  for (const char* broken : {"%", "%1", "a%zz", "%4"}) {
    INFO(broken);
    CHECK_FALSE(percent_decode(broken, plus_sign::literal));
  }
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  CHECK(percent_decode(percent_encode(all), plus_sign::space) == all);
}

TEST_CASE("host and port") {
  CHECK(split_host_port("h:1")->host == "h");
  CHECK(split_host_port("h:1")->port == "1");
  CHECK(split_host_port("[::1]:8500")->host == "::1");
  CHECK(split_host_port(":8500")->host.empty());
  CHECK_FALSE(split_host_port("h"));
  CHECK(join_host_port("::1", "1") == "[::1]:1");
  CHECK(join_host_port("h", "1") == "h:1");
  CHECK(parse_port("0") == 0);
  CHECK(parse_port("08500") == 8500);
  CHECK(parse_port("65535") == 65535);
  for (const char* bad : {"", "65536", "123456", "-1", "1x"}) {
    INFO(bad);
    CHECK_FALSE(parse_port(bad));
  }
}

TEST_CASE("ASCII classes do not depend on the locale") {
  CHECK(lower("\xc4 Ab1") == "\xc4 ab1");
  CHECK(upper("ab-1") == "AB-1");
  CHECK(iequals("Content-Length", "content-LENGTH"));
  CHECK_FALSE(iequals("a", "ab"));
  CHECK(is_control('\x7f'));
  CHECK_FALSE(is_control('\x80'));
  CHECK_FALSE(is_printable('\x7f'));
}

}  // namespace tenure::text
