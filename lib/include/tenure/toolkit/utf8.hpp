// UTF-8, for text that comes from outside.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenure::text {

bool is_utf8(std::string_view text) noexcept;
/// Where the first byte is that is not part of a valid character; the size of `text` if there is
/// none.
std::size_t first_invalid(std::string_view text) noexcept;
/// How many bytes the character has with which `text` begins, if a terminal obeys it in place of
/// showing it: a control character (below U+0020, U+007F to U+009F), a line break (U+2028, U+2029),
/// or a mark that turns the direction of the text after it (U+061C, U+200E, U+200F, U+202A to
/// U+202E, U+2066 to U+2069). 0: it is none of these. `text` is not empty.
constexpr std::size_t obeyed_length(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned second = byte(1);
  const unsigned third = byte(2);
  switch (byte(0)) {
    case 0xc2: return (second & 0xe0) == 0x80 ? 2 : 0;
    case 0xd8: return second == 0x9c ? 2 : 0;
    case 0xe2: {
      const bool marks = second == 0x80 && (third == 0x8e || third == 0x8f);
      const bool breaks_and_turns = second == 0x80 && third >= 0xa8 && third <= 0xae;
      const bool isolates = second == 0x81 && third >= 0xa6 && third <= 0xa9;
      return marks || breaks_and_turns || isolates ? 3 : 0;
    }
    default: return byte(0) < 0x20 || byte(0) == 0x7f ? 1 : 0;
  }
}

/// `text` for people: every byte that is not part of a valid character as \xff.
std::string with_visible_bytes(std::string_view text);

}  // namespace tenure::text
