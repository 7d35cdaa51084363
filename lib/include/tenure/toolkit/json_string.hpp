// A JSON string, quotes included, and its escapes.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::text {

/// Which characters are escaped beside the quote, the backslash and control characters below 0x20.
enum class json_escapes : std::uint8_t {
  /// As Go's encoding/json does, byte for byte: `<`, `>`, `&`, U+2028, U+2029; what is not UTF-8
  /// becomes \ufffd. It is what Consul's clients see.
  go,
  /// For people: only what a terminal would obey, see obeyed_length(). What is not UTF-8 becomes
  /// U+FFFD itself.
  terminal,
};

void append_json_string(std::string& out, std::string_view text, json_escapes how);
/// One character up to U+FFFF by its escape: \" \\ \n \r \t, any other by its four hexadecimal
/// digits, such as \u001b.
void append_json_escape(std::string& out, std::uint32_t code_point);

}  // namespace tenure::text
