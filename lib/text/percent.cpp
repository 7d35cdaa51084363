#include <tenure/toolkit/percent.hpp>

#include <tenure/toolkit/ascii.hpp>

#include "text/hex.hpp"

namespace tenure::text {
namespace {

constexpr std::string_view unreserved_marks = "-_.~";

}  // namespace

std::string percent_encode(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_letter_or_digit(c) || unreserved_marks.find(c) != unreserved_marks.npos ||
        kept.find(c) != kept.npos) {
      out += c;
    } else {
      out += '%';
      append_hex(out, c, upper_hex_digits);
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, plus_sign plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus == plus_sign::space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

}  // namespace tenure::text
