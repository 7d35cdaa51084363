// Numbers are written without zeros before them: some programs take 010 for 8.
#pragma once

#include <string_view>
#include <tenure/toolkit/ascii.hpp>

namespace tenure::apps {

/// Whether digits begin with a zero that says nothing, as in 05.
inline bool has_leading_zero(std::string_view digits) noexcept {
  return digits.size() > 1 && digits[0] == '0' && text::is_digit(digits[1]);
}

}  // namespace tenure::apps
