#include "common/duration.hpp"

#include <charconv>
#include <cstdint>
#include <iterator>
#include <tenure/toolkit/duration_text.hpp>

#include "common/leading_zero.hpp"

namespace tenure::apps {
namespace {

using text::duration_units;

// A hundred years. What comes later is an error, and times of the clock must not overflow.
constexpr std::int64_t most = 36'500 * duration_units[0].ns;

[[noreturn]] void refuse_duration(std::string_view text) {
  throw usage_error("'" + std::string(text) +
                    "' is not a duration: write it as 500ms, 15s or 1m30s");
}

[[noreturn]] void refuse_zero(std::string_view text) {
  throw usage_error("'" + std::string(text) +
                    "' has a 0 before a number: write the number without");
}

[[noreturn]] void refuse_length(std::string_view text) {
  throw usage_error("'" + std::string(text) + "' is longer than " + to_text(duration(most)) +
                    ": choose a shorter time");
}

}  // namespace

duration parse_duration(std::string_view text) {
  if (text == "0") return duration(0);
  if (text.empty()) refuse_duration(text);
  std::int64_t total = 0;
  std::size_t next_unit = 0;  // units only get smaller
  for (std::string_view rest = text; !rest.empty();) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (error == std::errc::result_out_of_range) refuse_length(text);
    if (error != std::errc() || rest.front() == '-') refuse_duration(text);
    if (has_leading_zero(rest)) refuse_zero(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const std::string_view name = rest.substr(0, rest.find_first_not_of("dhmsun"));
    rest.remove_prefix(name.size());
    while (next_unit < std::size(duration_units) && duration_units[next_unit].name != name)
      ++next_unit;
    if (next_unit == std::size(duration_units)) refuse_duration(text);
    const std::int64_t scale = duration_units[next_unit++].ns;
    if (count > (most - total) / scale) refuse_length(text);
    total += count * scale;
  }
  return duration(total);
}

std::string to_text(duration d) { return text::duration_text(d); }

}  // namespace tenure::apps
