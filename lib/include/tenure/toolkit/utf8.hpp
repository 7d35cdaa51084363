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
/// Whether `text` begins with a control character beyond ASCII, U+0080 to U+009F. Terminals obey
/// these as they do ESC.
constexpr bool begins_with_high_control(std::string_view text) noexcept {
  return text.size() >= 2 && text[0] == '\xc2' && (text[1] & 0xe0) == 0x80;
}

/// `text` for people: every byte that is not part of a valid character as \xff.
std::string with_visible_bytes(std::string_view text);

}  // namespace tenure::text
