// Literals as Go's strconv reads them: quoted strings, integers with a base prefix, booleans.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "agent/go/text.hpp"
#include "text/utf8.hpp"

namespace tenure::agent {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

/// Reads exactly `count` digits of that base.
std::optional<std::uint32_t> take_digits(std::string_view& text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, count)) {
    if (digit_value(c) >= base) return std::nullopt;
    value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit_value(c));
  }
  text.remove_prefix(count);
  return value;
}

/// Reads the escape after a backslash and appends its value; false if Go has no such escape.
bool unescape(std::string_view& text, std::string& out) {
  if (text.empty()) return false;
  const char c = text[0];
  constexpr std::string_view names = "abfnrtv\\\"";
  constexpr std::string_view values = "\a\b\f\n\r\t\v\\\"";
  if (const std::size_t at = names.find(c); at != names.npos) {
    out += values[at];
    text.remove_prefix(1);
    return true;
  }
  if (c >= '0' && c <= '7') {
    constexpr std::uint32_t largest_byte = 255;
    const auto byte = take_digits(text, 3, 8);
    if (byte && *byte <= largest_byte) out += static_cast<char>(*byte);
    return byte && *byte <= largest_byte;
  }
  text.remove_prefix(1);
  if (c == 'x') {
    const auto byte = take_digits(text, 2, 16);
    if (byte) out += static_cast<char>(*byte);
    return byte.has_value();
  }
  if (c != 'u' && c != 'U') return false;
  const auto point = take_digits(text, c == 'u' ? 4 : 8, 16);
  if (!point || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff)) return false;
  text::utf8_append(out, *point);
  return true;
}

/// Go accepts underscores between digits and after the base prefix.
bool underscores_ok(std::string_view digits, bool has_prefix) {
  char before = has_prefix ? '0' : ' ';
  for (const char c : digits) {
    if (c == '_' && (before == '_' || before == ' ')) return false;
    before = c;
  }
  return before != '_';
}

}  // namespace

std::optional<std::string> go_unquote(std::string_view quoted) {
  if (quoted.size() < 2 || quoted.front() != quoted.back()) return std::nullopt;
  const char quote = quoted.front();
  std::string_view text = quoted.substr(1, quoted.size() - 2);
  std::string out;
  if (quote == '`') {
    std::copy_if(text.begin(), text.end(), std::back_inserter(out),
                 [](char c) { return c != '\r'; });
    return out;
  }
  if (quote != '"') return std::nullopt;
  while (!text.empty()) {
    const char c = text[0];
    if (c == '\n' || c == '"') return std::nullopt;
    text.remove_prefix(1);
    if (c != '\\') {
      out += c;
    } else if (!unescape(text, out)) {
      return std::nullopt;
    }
  }
  return out;
}

go_parsed<std::int64_t> go_parse_int(std::string_view text) {
  const auto fail = [text](std::string_view what) {
    return go_parsed<std::int64_t>{
        0, "strconv.ParseInt: parsing " + go_quote(text) + ": " + std::string(what)};
  };
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  bool prefixed = false;
  if (digits.size() > 1 && digits[0] == '0') {
    const char letter = static_cast<char>(digits[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    prefixed = true;
    digits.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  std::string plain(digits);
  std::erase(plain, '_');
  if (plain.empty() || !underscores_ok(digits, prefixed) ||
      std::any_of(plain.begin(), plain.end(), [base](char c) { return digit_value(c) >= base; })) {
    return fail("invalid syntax");
  }
  std::uint64_t value = 0;
  const auto code = std::from_chars(plain.data(), plain.data() + plain.size(), value, base).ec;
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (code != std::errc() || value > most + (negative ? 1 : 0)) return fail("value out of range");
  return {static_cast<std::int64_t>(negative ? 0 - value : value), {}};
}

go_parsed<bool> go_parse_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> yes{"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> no{"0", "f", "F", "FALSE", "false", "False"};
  if (std::find(yes.begin(), yes.end(), text) != yes.end()) return {true, {}};
  if (std::find(no.begin(), no.end(), text) != no.end()) return {false, {}};
  return {false, "strconv.ParseBool: parsing " + go_quote(text) + ": invalid syntax"};
}

}  // namespace tenure::agent
