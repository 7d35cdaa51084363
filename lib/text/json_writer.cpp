#include <cassert>
#include <charconv>
#include <tenure/toolkit/json_string.hpp>
#include <tenure/toolkit/json_writer.hpp>

namespace tenure::text {
namespace {

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
  append_json_string(text_, name, json_escapes::go);
  text_ += ':';
  first_ = true;  // its value follows without a comma
  return *this;
}

json_writer& json_writer::value(std::string_view text) {
  separate();
  append_json_string(text_, text, json_escapes::go);
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

}  // namespace tenure::text
