#include "common/json.hpp"

#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/json_string.hpp>

namespace tenure::apps {

std::string json_string(std::string_view text) {
  std::string out;
  text::append_json_string(out, text, text::json_escapes::terminal);
  return out;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (text::is_control(c) || c == '\\') {
      text::append_json_escape(out, c);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace tenure::apps
