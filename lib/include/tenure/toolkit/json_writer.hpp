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
  /// Text that is JSON already.
  json_writer& raw(std::string_view json);

  const std::string& text() const noexcept { return text_; }
  std::string take() noexcept { return std::move(text_); }

 private:
  void separate();
  std::string text_;
  bool first_ = true;
};

}  // namespace tenure::text
