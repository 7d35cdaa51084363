#include "common/json.hpp"

#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/json_string.hpp>
#include <tenure/toolkit/utf8.hpp>

namespace tenure::apps {

std::string json_string(std::string_view text) {
  std::string out;
  text::append_json_string(out, text, text::json_escapes::terminal);
  return out;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text::begins_with_high_control(text.substr(i))) {
      text::append_json_escape(out, text[++i]);
    } else if (text::is_control(text[i]) || text[i] == '\\') {
      text::append_json_escape(out, text[i]);
    } else {
      out += text[i];
    }
  }
  return text::with_visible_bytes(out);
}

}  // namespace tenure::apps
