// Reads JSON as Go's encoding/json does, error texts included, because Consul hands those to its
// clients: `unexpected EOF`, `invalid character 'x' looking for beginning of value`. First the
// syntax of a whole value is checked, then a reader walks through it. What Go tolerates is
// tolerated: text behind the value, broken UTF-8, duplicate keys.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tenure::agent {

/// Where the first JSON value of `text` ends, or Go's error text.
class go_json_syntax {
 public:
  explicit go_json_syntax(std::string_view text);
  bool ok() const noexcept { return error_.empty(); }
  const std::string& error() const noexcept { return error_; }
  /// The value alone.
  std::string_view value() const noexcept { return value_; }

 private:
  std::string error_;
  std::string_view value_;
};

/// Walks through text that go_json_syntax has found to be a value.
class go_json_reader {
 public:
  enum class kind { object, array, string, number, boolean, null };

  explicit go_json_reader(std::string_view value) : text_(value) {}

  /// What comes next.
  kind peek();
  /// As Go's errors call it: object, array, string, number, bool.
  std::string_view peek_name();

  /// Reads `{` or `[`, when that is what comes next.
  void enter();
  /// Whether another member or element follows; reads `}` or `]` where not.
  bool more();
  /// A member's name and its colon.
  std::string name();

  std::string string();
  std::string_view number();
  bool boolean();
  /// Any value, unread.
  void skip();

 private:
  void space();
  std::string_view text_;
  bool first_ = false;
};

/// Whether Go would take `name` for the field `field`: equal but for case.
bool go_json_field(std::string_view name, std::string_view field) noexcept;

}  // namespace tenure::agent
