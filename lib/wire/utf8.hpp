// UTF-8 as Go takes it apart: what is broken is one byte that stands for U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::wire {

/// How many bytes the sequence at the head of `text`, which is not empty, has; 0 where it is none.
/// Overlong forms, surrogates and what lies above U+10FFFF are none.
std::size_t utf8_length(std::string_view text) noexcept;

/// The code point of a sequence of that length.
std::uint32_t utf8_decode(std::string_view text, std::size_t length) noexcept;

void utf8_append(std::string& out, std::uint32_t code_point);

}  // namespace tenure::wire
