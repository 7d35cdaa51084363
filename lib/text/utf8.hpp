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
std::size_t utf8_length(std::string_view text) noexcept;
/// The code point of a valid first character of that length.
std::uint32_t utf8_decode(std::string_view text, std::size_t length) noexcept;
void utf8_append(std::string& out, std::uint32_t code_point);

/// Appends `text` with U+FFFD in the place of each byte that is not part of a valid character.
void append_repaired(std::string& out, std::string_view text);

}  // namespace tenure::text
