// Hexadecimal digits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::text {

inline constexpr std::string_view hex_digits = "0123456789abcdef";
inline constexpr std::string_view upper_hex_digits = "0123456789ABCDEF";

/// The value of a digit in either case; -1 where `c` is no hexadecimal digit.
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Appends the two digits of a byte.
void append_hex(std::string& out, char byte, std::string_view digits = hex_digits);
/// The lowest `length` digits of a number, leading zeros included.
std::string hex(std::uint64_t number, unsigned length = 16);

}  // namespace tenure::text
