#include "common/json.hpp"

#include <algorithm>
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
  while (!text.empty()) {
    const std::size_t obeyed = text::obeyed_length(text);
    const std::size_t length = std::max<std::size_t>(obeyed, 1);
    if (obeyed > 0 || text[0] == '\\') {
      const std::string quoted = json_string(text.substr(0, length));
      out.append(quoted, 1, quoted.size() - 2);
    } else {
      out += text[0];
    }
    text.remove_prefix(length);
  }
  return text::with_visible_bytes(out);
}

}  // namespace tenure::apps
