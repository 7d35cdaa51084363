// Writes compact JSON into a string, byte for byte as Go's encoding/json does, which is what
// Consul's clients see: keys in the order given, `<`, `>`, `&`, U+2028 and U+2029 escaped as \u003c
// and so on, invalid UTF-8 as \ufffd, control characters as \u00XX but for \n, \r, \t (and \b, \f
// as \u0008, \u000c).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::wire {

/// Commas are put in by the writer. No check of nesting beyond asserts.
class json_writer {
 public:
  json_writer& begin_object();
  json_writer& end_object();
  json_writer& begin_array();
  json_writer& end_array();
  json_writer& key(std::string_view name);
  json_writer& value(std::string_view text);
  json_writer& value(const char* text) { return value(std::string_view(text)); }
  json_writer& value(const std::string& text) { return value(std::string_view(text)); }
  json_writer& value(std::uint64_t number);
  json_writer& value(std::int64_t number);
  json_writer& value(bool truth);
  json_writer& null();
  /// Text that already is JSON.
  json_writer& raw(std::string_view json);

  const std::string& text() const noexcept { return text_; }
  std::string take() noexcept { return std::move(text_); }

 private:
  void separate();
  std::string text_;
  bool first_ = true;
};

}  // namespace tenure::wire
