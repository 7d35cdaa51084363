#include "wire/json_writer.hpp"

#include <cassert>
#include <charconv>

#include "wire/utf8.hpp"

namespace tenure::wire {
namespace {

bool plain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t run = i;
    while (run < text.size() && plain(static_cast<unsigned char>(text[run]))) ++run;
    out.append(text, i, run - i);
    i = run;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      append_escaped(out, c);
      ++i;
      continue;
    }
    const std::string_view rest = text.substr(i);
    const std::size_t length = utf8_length(rest);
    if (length == 0) {
      out += "\\ufffd";
      ++i;
    } else {
      // U+2028 and U+2029 end a line in JavaScript.
      if (rest.starts_with("\xe2\x80\xa8")) {
        out += "\\u2028";
      } else if (rest.starts_with("\xe2\x80\xa9")) {
        out += "\\u2029";
      } else {
        out.append(rest, 0, length);
      }
      i += length;
    }
  }
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

void json_writer::separate() {
  if (!first_) text_ += ',';
  first_ = false;
}

json_writer& json_writer::begin_object() {
  separate();
  text_ += '{';
  first_ = true;
  return *this;
}

json_writer& json_writer::end_object() {
  assert(!text_.empty() && text_.back() != ':' && text_.back() != ',');
  text_ += '}';
  first_ = false;
  return *this;
}

json_writer& json_writer::begin_array() {
  separate();
  text_ += '[';
  first_ = true;
  return *this;
}

json_writer& json_writer::end_array() {
  assert(!text_.empty() && text_.back() != ':' && text_.back() != ',');
  text_ += ']';
  first_ = false;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  append_string(text_, name);
  text_ += ':';
  first_ = true;  // its value follows without a comma
  return *this;
}

json_writer& json_writer::value(std::string_view text) {
  separate();
  append_string(text_, text);
  return *this;
}

json_writer& json_writer::value(std::uint64_t number) {
  separate();
  append_number(text_, number);
  return *this;
}

json_writer& json_writer::value(std::int64_t number) {
  separate();
  append_number(text_, number);
  return *this;
}

json_writer& json_writer::value(bool truth) { return raw(truth ? "true" : "false"); }

json_writer& json_writer::null() { return raw("null"); }

json_writer& json_writer::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

}  // namespace tenure::wire
