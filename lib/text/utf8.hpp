// UTF-8: validation, and functions to walk through a text by characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tenure/toolkit/utf8.hpp>

namespace tenure::text {

/// How many bytes the first character has; 0 where `text` begins with an invalid sequence (overlong
/// forms and surrogates included). `text` is not empty.
constexpr std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}
/// The code point of a valid first character of that length.
std::uint32_t utf8_decode(std::string_view text, std::size_t length) noexcept;
void utf8_append(std::string& out, std::uint32_t code_point);

/// Appends `text` with U+FFFD in the place of each byte that is not part of a valid character.
void append_repaired(std::string& out, std::string_view text);

}  // namespace tenure::text
