#include "common/visible_controls.hpp"

#include <tenure/toolkit/ascii.hpp>
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

}  // namespace

std::string with_visible_controls(std::string_view text, std::string_view kept) {
  std::string made;
  made.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text::begins_with_high_control(text.substr(i))) {
      append_hex(made, text[i]);
      append_hex(made, text[++i]);
    } else if (!text::is_control(text[i]) || kept.find(text[i]) != kept.npos) {
      made += text[i];
    } else if (text[i] == '\n') {
      made += "\\n";
    } else {
      append_hex(made, text[i]);
    }
  }
  return made;
}

}  // namespace tenure::apps
