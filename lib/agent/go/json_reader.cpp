#include <cstdint>
#include <tenure/toolkit/ascii.hpp>

#include "agent/go/json.hpp"
#include "agent/go/json_space.hpp"
#include "text/hex.hpp"
#include "text/utf8.hpp"

namespace tenure::agent {
namespace {

std::uint32_t hex4(std::string_view text) {
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    value = value << 4 | static_cast<std::uint32_t>(text::hex_value(c));
  }
  return value;
}

/// Reads the code point of a `\u` escape; joins surrogate pairs, replaces lone surrogates.
std::uint32_t take_escaped(std::string_view& text) {
  const std::uint32_t first = hex4(text);
  text.remove_prefix(4);
  if (first < 0xd800 || first > 0xdfff) return first;
  if (first < 0xdc00 && text.starts_with("\\u")) {
    const std::uint32_t second = hex4(text.substr(2));
    if (second >= 0xdc00 && second <= 0xdfff) {
      text.remove_prefix(6);
      return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    }
  }
  return 0xfffd;
}

}  // namespace

void go_json_reader::space() {
  while (!text_.empty() && is_json_space(text_[0])) text_.remove_prefix(1);
}

go_json_reader::kind go_json_reader::peek() {
  space();
  switch (text_[0]) {
    case '{': return kind::object;
    case '[': return kind::array;
    case '"': return kind::string;
    case 't':
    case 'f': return kind::boolean;
    case 'n': return kind::null;
    default: return kind::number;
  }
}

std::string_view go_json_reader::peek_name() {
  switch (peek()) {
    case kind::object: return "object";
    case kind::array: return "array";
    case kind::string: return "string";
    case kind::boolean: return "bool";
    case kind::null: return "null";
    case kind::number: break;
  }
  return "number";
}

void go_json_reader::enter() {
  space();
  text_.remove_prefix(1);
  first_ = true;
}

bool go_json_reader::more() {
  space();
  if (text_[0] == '}' || text_[0] == ']') {
    text_.remove_prefix(1);
    first_ = false;
    return false;
  }
  if (!first_) text_.remove_prefix(1);  // the comma
  first_ = false;
  return true;
}

std::string go_json_reader::name() {
  std::string text = string();
  space();
  text_.remove_prefix(1);
  return text;
}

std::string go_json_reader::string() {
  space();
  text_.remove_prefix(1);
  std::string out;
  while (true) {
    const std::size_t plain = text_.find_first_of("\"\\");
    text::append_repaired(out, text_.substr(0, plain));
    const char stop = text_[plain];
    text_.remove_prefix(plain + 1);
    if (stop == '"') return out;
    const char c = text_[0];
    text_.remove_prefix(1);
    switch (c) {
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': text::utf8_append(out, take_escaped(text_)); break;
      default: out += c;
    }
  }
}

std::string_view go_json_reader::number() {
  space();
  std::size_t length = 0;
  while (length < text_.size() &&
         std::string_view("0123456789+-.eE").find(text_[length]) != std::string_view::npos) {
    ++length;
  }
  const std::string_view taken = text_.substr(0, length);
  text_.remove_prefix(length);
  return taken;
}

bool go_json_reader::boolean() {
  space();
  const bool value = text_[0] == 't';
  text_.remove_prefix(value ? 4 : 5);
  return value;
}

void go_json_reader::skip() {
  space();
  // The syntax is valid, so counting brackets outside of strings finds the end.
  std::size_t depth = 0;
  do {
    space();
    switch (text_[0]) {
      case '{':
      case '[': ++depth; text_.remove_prefix(1); break;
      case '}':
      case ']': --depth; text_.remove_prefix(1); break;
      case '"': {
        std::size_t end = 1;
        while (text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
        text_.remove_prefix(end + 1);
        break;
      }
      default: {
        std::size_t end = 0;
        while (end < text_.size() &&
               std::string_view("{}[]\" \t\r\n").find(text_[end]) == std::string_view::npos &&
               (depth > 0 || text_[end] != ',')) {
          ++end;
        }
        text_.remove_prefix(end);
      }
    }
  } while (depth > 0);
}

bool go_json_field(std::string_view name, std::string_view field) noexcept {
  if (name.size() != field.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char a = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] | 0x20) : name[i];
    const char b =
        field[i] >= 'A' && field[i] <= 'Z' ? static_cast<char>(field[i] | 0x20) : field[i];
    if (a != b) return false;
  }
  return true;
}

}  // namespace tenure::agent
