// Writes compact JSON into a string, byte for byte as Go's encoding/json does: that is what
// Consul's clients see. Keys stay in the order given; json_string.hpp says what is escaped.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tenure::text {

/// The writer puts in the commas. It checks nesting by asserts alone.
class json_writer {
 public:
  json_writer& begin_object();              ///< writes {, and opens an object
  json_writer& end_object();                ///< writes }
  json_writer& begin_array();               ///< writes [, and opens an array
  json_writer& end_array();                 ///< writes ]
  json_writer& key(std::string_view name);  ///< the name of the next value of an object, escaped
  /// Writes a string, escaped; bytes that are not UTF-8 become U+FFFD.
  json_writer& value(std::string_view text);
  /// The same of a C string.
  json_writer& value(const char* text) { return value(std::string_view(text)); }
  /// The same of a string.
  json_writer& value(const std::string& text) { return value(std::string_view(text)); }
  json_writer& value(std::uint64_t number);  ///< writes a number
  json_writer& value(std::int64_t number);   ///< writes a number
  json_writer& value(bool truth);            ///< writes true or false
  json_writer& null();                       ///< writes null
  /// Text that is JSON already.
  json_writer& raw(std::string_view json);

  const std::string& text() const noexcept { return text_; }  ///< written so far
  std::string take() noexcept { return std::move(text_); }  ///< the text; the writer is then empty

 private:
  void separate();
  std::string text_;
  bool first_ = true;
};

}  // namespace tenure::text
