#include "tenure-cron/output/output_line.hpp"

#include <cstdint>
#include <tenure/toolkit/json_writer.hpp>
#include <tenure/toolkit/utf8.hpp>

#include "common/json.hpp"

namespace tenure::cron {
namespace {

std::string name_of(output_stream stream) { return stream == output_stream::out ? "out" : "err"; }

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

void append_valid(std::string& to, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (is_high_control(text, i)) {
      append_hex(to, text[i]);
      append_hex(to, text[++i]);
    } else if ((byte < 0x20 && text[i] != '\t') || byte == 0x7f) {
      append_hex(to, text[i]);
    } else {
      to += text[i];
    }
  }
}

std::string as_text(const line_origin& from, const output_line& line) {
  std::string made = std::string(line.time) + " [";
  if (!from.tenant.empty()) made += from.tenant + '/';
  made += from.job + ' ' + from.tick + ' ' + name_of(line.stream);
  made += line.goes_on ? "+] " : "] ";
  return made + printable(line.text) + '\n';
}

std::string as_json(const line_origin& from, const output_line& line) {
  text::json_writer json;
  json.begin_object().key("time").value(line.time);
  if (!from.tenant.empty()) json.key("tenant").value(from.tenant);
  json.key("job").value(from.job).key("tick").value(from.tick).key("run").value(from.run_id);
  json.key("attempt").value(std::uint64_t{from.attempt});
  json.key("stream").value(name_of(line.stream));
  json.key("line").raw(apps::json_string(line.text));
  if (line.goes_on) json.key("goes_on").value(true);
  json.end_object();
  return json.take() + '\n';
}

}  // namespace

std::string format_line(output_format format, const line_origin& from, const output_line& line) {
  return format == output_format::json ? as_json(from, line) : as_text(from, line);
}

std::string printable(std::string_view text) {
  std::string made;
  made.reserve(text.size());
  while (!text.empty()) {
    const std::size_t valid = text::first_invalid(text);
    append_valid(made, text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty()) break;
    append_hex(made, text.front());
    text.remove_prefix(1);
  }
  return made;
}

}  // namespace tenure::cron
