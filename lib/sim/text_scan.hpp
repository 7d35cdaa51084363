// Reads numbers out of JSON and of the values that user code writes.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace tenure::sim {

/// The number after the first `mark` in `text`; 0 if there is none.
inline std::uint64_t number_after(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  std::uint64_t value = 0;
  if (at == text.npos) return 0;
  std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), value);
  return value;
}

}  // namespace tenure::sim
