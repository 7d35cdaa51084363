#include <array>
#include <tenure/toolkit/json_string.hpp>

#include "text/hex.hpp"
#include "text/utf8.hpp"

namespace tenure::text {
namespace {

using character_set = std::array<bool, 256>;

// The characters that go into a string as they are.
constexpr character_set plain_characters(std::string_view escaped) {
  character_set plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = true;
  for (const char c : escaped) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}
constexpr character_set plain_for_go = plain_characters("\"\\<>&");
constexpr character_set plain_for_terminals = plain_characters("\"\\\x7f");

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

// The character beyond ASCII with which `text` begins. Returns how many bytes it has.
std::size_t append_character(std::string& out, std::string_view text, json_escapes how) {
  const std::size_t length = utf8_length(text);
  if (length == 0) {
    out += how == json_escapes::go ? "\\ufffd" : replacement;
    return 1;
  }
  if (how == json_escapes::terminal && obeyed_length(text) > 0) {
    append_json_escape(out, utf8_decode(text, length));
    return length;
  }
  // U+2028 and U+2029 end a line in JavaScript.
  if (how == json_escapes::go && text.starts_with("\xe2\x80\xa8")) {
    out += "\\u2028";
  } else if (how == json_escapes::go && text.starts_with("\xe2\x80\xa9")) {
    out += "\\u2029";
  } else {
    out.append(text, 0, length);
  }
  return length;
}

}  // namespace

void append_json_escape(std::string& out, std::uint32_t code_point) {
  switch (code_point) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: out += "\\u" + hex(code_point, 4);
  }
}

void append_json_string(std::string& out, std::string_view text, json_escapes how) {
  const character_set& plain = how == json_escapes::go ? plain_for_go : plain_for_terminals;
  out += '"';
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && plain[static_cast<unsigned char>(text[run])]) ++run;
    out.append(text, 0, run);
    text.remove_prefix(run);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_json_escape(out, static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
    } else {
      text.remove_prefix(append_character(out, text, how));
    }
  }
  out += '"';
}

}  // namespace tenure::text
