#include "tenure/run/go_values.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/duration_text.hpp>

#include "common/duration.hpp"

namespace tenure::apps {
namespace {

using text::duration_unit;

constexpr double most_ns = 36'500.0 * 86'400e9;  // a hundred years, as parse_duration()

[[noreturn]] void refuse(std::string_view text) {
  throw usage_error("'" + std::string(text) +
                    "' is not a duration up to 36500d: write it as 500ms, 1.5s or 1m30s");
}

/// Consul's users may write micro as one of two signs.
std::string_view name_of_unit(std::string_view written) {
  return written == "\u00b5s" || written == "\u03bcs" ? "us" : written;
}

/// Only between two digits, or after the sign of the base.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string digits;
  char before = '_';
  for (const char c : text) {
    if (c == '_' && before == '_') return std::nullopt;
    if (c != '_') digits += c;
    before = c;
  }
  if (before == '_') return std::nullopt;
  return digits;
}

}  // namespace

duration parse_go_duration(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return duration(0);
  if (rest.empty()) refuse(text);
  double total = 0;
  while (!rest.empty()) {
    double count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count,
                                              std::chars_format::fixed);
    const bool is_number = text::is_digit(rest.front()) || rest.front() == '.';
    if (error != std::errc() || !is_number) refuse(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto after =
        std::ranges::find_if(rest, [](char c) { return text::is_digit(c) || c == '.'; });
    const auto size = static_cast<std::size_t>(after - rest.begin());
    const std::string_view name = name_of_unit(rest.substr(0, size));
    rest.remove_prefix(size);
    const auto unit = std::ranges::find(text::duration_units, name, &duration_unit::name);
    if (unit == std::end(text::duration_units)) refuse(text);
    total += count * static_cast<double>(unit->ns);
    if (total > most_ns) refuse(text);
  }
  return duration(static_cast<duration::rep>(total));
}

std::optional<std::uint64_t> parse_go_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text.front() == '0') {
    const char sign = text::lower(text[1]);
    base = sign == 'x' ? 16 : sign == 'b' ? 2 : 8;
    text.remove_prefix(sign == 'x' || sign == 'b' || sign == 'o' ? 2 : 1);
    if (text.starts_with('_')) text.remove_prefix(1);
  }
  const std::optional<std::string> digits = without_underscores(text);
  if (!digits) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = digits->data() + digits->size();
  const auto [at, error] = std::from_chars(digits->data(), end, number, base);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

}  // namespace tenure::apps
