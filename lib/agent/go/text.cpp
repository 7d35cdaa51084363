#include "agent/go/text.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "text/hex.hpp"
#include "text/printable.hpp"
#include "text/utf8.hpp"

namespace tenure::agent {
namespace {

using text::hex_digits;

void append_hex_byte(std::string& out, unsigned char c) {
  out += "\\x";
  out += hex_digits[c >> 4];
  out += hex_digits[c & 15];
}

void append_unicode_escape(std::string& out, std::uint32_t point) {
  const unsigned places = point < 0x10000 ? 4 : 8;
  out += places == 4 ? "\\u" : "\\U";
  for (unsigned shift = places * 4; shift > 0; shift -= 4) {
    out += hex_digits[point >> (shift - 4) & 15];
  }
}

/// Go's package time quotes without escaping.
std::string quote_duration(std::string_view text) { return "\"" + std::string(text) + "\""; }

struct unit {
  std::string_view name;
  std::int64_t ns;
};
constexpr std::array<unit, 8> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"\xc2\xb5s", 1'000},
                                     {"\xce\xbcs", 1'000},
                                     {"ms", 1'000'000},
                                     {"s", 1'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"h", 3'600'000'000'000}}};

bool digit(char c) { return c >= '0' && c <= '9'; }

/// Appends a digit; false and no change if the number would overflow.
bool append_digit(std::int64_t& number, char c) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const std::int64_t value = c - '0';
  if (number > (most - value) / 10) return false;
  number = number * 10 + value;
  return true;
}

/// Reads digits; false if the number would overflow.
bool take_integer(std::string_view& text, std::int64_t& number) {
  number = 0;
  for (; !text.empty() && digit(text[0]); text.remove_prefix(1)) {
    if (!append_digit(number, text[0])) return false;
  }
  return true;
}

/// Reads the digits after a point as number / scale; drops digits beyond the precision.
void take_fraction(std::string_view& text, std::int64_t& number, double& scale) {
  number = 0;
  scale = 1;
  bool full = false;
  for (; !text.empty() && digit(text[0]); text.remove_prefix(1)) {
    full = full || !append_digit(number, text[0]);
    if (!full) scale *= 10;
  }
}

}  // namespace

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text[0]);
    const bool broken = text::utf8_length(text) == 0;
    const std::size_t length = broken ? 1 : text::utf8_length(text);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\a': out += "\\a"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\v': out += "\\v"; break;
      default:
        if (broken || c < ' ') {
          append_hex_byte(out, c);
        } else if (const auto point = text::utf8_decode(text, length);
                   text::is_printable_point(point)) {
          out.append(text.substr(0, length));
        } else {
          append_unicode_escape(out, point);
        }
    }
    text.remove_prefix(length);
  }
  return out + "\"";
}

bool go_printable(std::string_view text) { return !text::first_unprintable(text); }

std::string go_sharp_unicode(char c) {
  const auto byte = static_cast<unsigned char>(c);
  std::string out = "U+00";
  out += "0123456789ABCDEF"[byte >> 4];
  out += "0123456789ABCDEF"[byte & 15];
  if (byte >= ' ' && byte < 0x7f) {
    out += " '";
    out += c;
    out += "'";
  } else if (byte >= 0xa1) {
    out += " '";
    text::utf8_append(out, byte);
    out += "'";
  }
  return out;
}

go_parsed<std::int64_t> go_parse_duration(std::string_view text) {
  const std::string_view whole = text;
  const auto fail = [whole](std::string what) {
    return go_parsed<std::int64_t>{0, "time: " + what + " " + quote_duration(whole)};
  };
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return {};
  if (text.empty()) return fail("invalid duration");
  std::int64_t total = 0;
  while (!text.empty()) {
    if (text[0] != '.' && !digit(text[0])) return fail("invalid duration");
    const std::size_t before_digits = text.size();
    std::int64_t number = 0;
    if (!take_integer(text, number)) return fail("invalid duration");
    bool any = text.size() != before_digits;
    std::int64_t fraction = 0;
    double scale = 1;
    if (!text.empty() && text[0] == '.') {
      text.remove_prefix(1);
      const std::size_t before_fraction = text.size();
      take_fraction(text, fraction, scale);
      any = any || text.size() != before_fraction;
    }
    if (!any) return fail("invalid duration");
    std::size_t length = 0;
    while (length < text.size() && text[length] != '.' && !digit(text[length])) ++length;
    if (length == 0) return fail("missing unit in duration");
    const std::string_view name = text.substr(0, length);
    text.remove_prefix(length);
    std::int64_t ns = 0;
    for (const unit& u : units) {
      if (u.name == name) ns = u.ns;
    }
    if (ns == 0) return fail("unknown unit " + quote_duration(name) + " in duration");
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    if (number > most / ns) return fail("invalid duration");
    number *= ns;
    if (fraction > 0) {
      number += static_cast<std::int64_t>(static_cast<double>(fraction) *
                                          (static_cast<double>(ns) / scale));
    }
    if (number < 0 || number > most - total) return fail("invalid duration");
    total += number;
  }
  return {negative ? -total : total, {}};
}

std::string go_format_duration(std::int64_t ns) {
  constexpr std::uint64_t second = 1'000'000'000;
  const bool negative = ns < 0;
  auto left = static_cast<std::uint64_t>(ns);
  if (negative) left = 0 - left;
  // A whole part, and the rest as a fraction without zeros at its end.
  const auto decimal = [](std::uint64_t value, std::uint64_t unit) {
    std::string text = std::to_string(value / unit);
    std::string rest = std::to_string(unit + value % unit).substr(1);
    rest.erase(rest.find_last_not_of('0') + 1);
    return rest.empty() || unit == 1 ? text : text + "." + rest;
  };
  std::string text = negative ? "-" : "";
  if (left == 0) return "0s";
  if (left < 1'000) return text + decimal(left, 1) + "ns";
  if (left < 1'000'000) return text + decimal(left, 1'000) + "\u00b5s";
  if (left < second) return text + decimal(left, 1'000'000) + "ms";
  const std::uint64_t hours = left / (3600 * second);
  left %= 3600 * second;
  const std::uint64_t minutes = left / (60 * second);
  if (hours > 0) text += std::to_string(hours) + "h";
  if (hours > 0 || minutes > 0) text += std::to_string(minutes) + "m";
  return text + decimal(left % (60 * second), second) + "s";
}

go_parsed<std::uint64_t> go_parse_uint(std::string_view text) {
  go_parsed<std::uint64_t> parsed;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), parsed.value);
  if (!text.empty() && code == std::errc() && end == text.data() + text.size()) return parsed;
  parsed.value = 0;
  const bool all_digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  parsed.error = "strconv.ParseUint: parsing " + go_quote(text) +
                 (all_digits ? ": value out of range" : ": invalid syntax");
  return parsed;
}

}  // namespace tenure::agent
