// Characters of ASCII, whatever the locale. Bytes from 0x80 on belong to no class.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace tenure::text {

constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
constexpr bool is_printable(char c) noexcept { return c >= 0x20 && c < 0x7f; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_letter_or_digit(char c) noexcept { return is_letter(c) || is_digit(c); }

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}
inline std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = upper(c);
  return out;
}

/// Compares without regard to the case of letters.
inline bool iequals(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, [](char c) { return lower(c); },
                            [](char c) { return lower(c); });
}

}  // namespace tenure::text
