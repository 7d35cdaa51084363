// Quoted strings, durations and numbers as Go's standard library writes and reads them. They show
// in Consul's answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenure::agent {

/// strconv.Quote: %q.
std::string go_quote(std::string_view text);
/// %#U of a byte taken as a code point: U+007A 'z'.
std::string go_sharp_unicode(char c);

/// strconv.Unquote of text in `"` or "`" quotes; nothing if the text is no such literal.
std::optional<std::string> go_unquote(std::string_view quoted);

/// unicode.IsPrint of every character: Consul refuses other paths.
bool go_printable(std::string_view text);

/// A value, or Go's error text.
template <class Value>
class go_parsed {
 public:
  Value value{};
  std::string error;
  bool ok() const noexcept { return error.empty(); }
};

/// time.ParseDuration, in nanoseconds.
go_parsed<std::int64_t> go_parse_duration(std::string_view text);
/// time.Duration.String, of nanoseconds: 1m30s.
std::string go_format_duration(std::int64_t ns);
/// strconv.ParseUint(text, 10, 64).
go_parsed<std::uint64_t> go_parse_uint(std::string_view text);
/// strconv.ParseInt(text, 0, 64): 8080, -1, 0x1f90, 1_000.
go_parsed<std::int64_t> go_parse_int(std::string_view text);
/// strconv.ParseBool: 1, t, T, TRUE, true, True, and the same of false.
go_parsed<bool> go_parse_bool(std::string_view text);

}  // namespace tenure::agent
