// Reads JSON as Go's encoding/json does, error texts included, because Consul passes those on to
// its clients: `unexpected EOF`, `invalid character 'x' looking for beginning of value`.
// go_json_syntax checks the syntax of a whole value, then a go_json_reader reads it. Both tolerate
// what Go tolerates: text after the value, invalid UTF-8, duplicate keys.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tenure::agent {

/// Finds the first JSON value of `text`, or Go's error text.
class go_json_syntax {
 public:
  explicit go_json_syntax(std::string_view text);
  bool ok() const noexcept { return error_.empty(); }
  const std::string& error() const noexcept { return error_; }
  /// The value, without the text around it.
  std::string_view value() const noexcept { return value_; }

 private:
  std::string error_;
  std::string_view value_;
};

/// Reads a value that go_json_syntax has accepted.
class go_json_reader {
 public:
  enum class kind { object, array, string, number, boolean, null };

  explicit go_json_reader(std::string_view value) : text_(value) {}

  /// The kind of the next value.
  kind peek();
  /// Its name in Go's errors: object, array, string, number, bool.
  std::string_view peek_name();

  /// Reads `{` or `[`, which must come next.
  void enter();
  /// Whether another member or element follows; if not, reads `}` or `]`.
  bool more();
  /// A member's name and its colon.
  std::string name();

  std::string string();
  std::string_view number();
  bool boolean();
  /// Skips a value of any kind.
  void skip();

 private:
  void space();
  std::string_view text_;
  bool first_ = false;
};

/// Whether Go decodes the member `name` into the field `field`: it ignores case.
bool go_json_field(std::string_view name, std::string_view field) noexcept;

}  // namespace tenure::agent
