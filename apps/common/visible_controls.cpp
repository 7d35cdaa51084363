#include "common/visible_controls.hpp"

#include <algorithm>
#include <tenure/toolkit/utf8.hpp>

namespace tenure::apps {
namespace {

void append_hex(std::string& to, char c) {
  constexpr const char* digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  to += "\\x";
  to += digits[byte >> 4];
  to += digits[byte & 15];
}

constexpr bool continues_character(char c) noexcept { return (c & 0xc0) == 0x80; }

}  // namespace

std::string with_visible_controls(std::string_view text, std::string_view kept) {
  std::string made;
  made.reserve(text.size());
  while (!text.empty()) {
    const std::size_t obeyed = text::obeyed_length(text);
    if (obeyed == 0 || (obeyed == 1 && kept.find(text[0]) != kept.npos)) {
      made += text[0];
    } else if (text[0] == '\n') {
      made += "\\n";
    } else {
      for (const char byte : text.substr(0, obeyed)) append_hex(made, byte);
    }
    text.remove_prefix(std::max<std::size_t>(obeyed, 1));
  }
  return text::with_visible_bytes(made);
}

std::string error_line(std::string_view text) {
  constexpr std::size_t most_before = 420;
  constexpr std::size_t most_after = 240;
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string line = with_visible_controls(text);
  if (line.size() <= most_before + most_after) return line;
  std::size_t before = most_before;
  std::size_t after = line.size() - most_after;
  while (continues_character(line[before])) --before;
  while (continues_character(line[after])) ++after;
  return line.substr(0, before) + "..." + line.substr(after);
}

}  // namespace tenure::apps
