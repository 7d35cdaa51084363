#include "common/config_errors.hpp"

#include <algorithm>
#include <string_view>
#include <tenure/toolkit/ascii.hpp>

namespace tenure::apps {
namespace {

void append_hex(std::string& to, char c) {
  constexpr const char* digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  to += "\\x";
  to += digits[byte >> 4];
  to += digits[byte & 15];
}

// U+0080 to U+009F are control characters as well: C2 80 to C2 9F.
bool is_high_control(std::string_view text, std::size_t at) {
  if (text[at] != '\xc2' || at + 1 >= text.size()) return false;
  const auto next = static_cast<unsigned char>(text[at + 1]);
  return next >= 0x80 && next <= 0x9f;
}

/// On one line, and without what a terminal obeys.
std::string visible(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool high = is_high_control(text, i);
    if (text[i] == '\n') {
      made += "\\n";
    } else if (high || text::is_control(text[i])) {
      append_hex(made, text[i]);
      if (high) append_hex(made, text[++i]);
    } else {
      made += text[i];
    }
  }
  return made;
}

}  // namespace

void config_errors::add(file_position at, std::string text) {
  list_.emplace_back(at, visible(text));
}

std::string located(const std::string& file, const config_error& error) {
  std::string text = file + ':' + std::to_string(error.line) + ':';
  if (error.column > 0) text += std::to_string(error.column) + ':';
  return text + ' ' + error.text;
}

std::vector<config_error> config_errors::take() {
  std::stable_sort(list_.begin(), list_.end(), [](const config_error& a, const config_error& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return std::move(list_);
}

}  // namespace tenure::apps
