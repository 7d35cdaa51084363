#include "common/byte_size.hpp"

#include <charconv>
#include <limits>
#include <tenure/toolkit/ascii.hpp>

#include "common/duration.hpp"
#include "common/leading_zero.hpp"

namespace tenure::apps {
namespace {

struct size_unit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr size_unit units[] = {
    {"", 1},          {"b", 1},           {"kb", 1000},        {"mb", 1000 * 1000},
    {"gb", 1000 * 1000 * 1000},           {"kib", 1024},       {"mib", 1024 * 1024},
    {"gib", 1024 * 1024 * 1024},
};

[[noreturn]] void refuse_size(std::string_view text) {
  throw usage_error("'" + std::string(text) +
                    "' is not a size: write it as 512kB, 10MB or 1GiB");
}

}  // namespace

std::uint64_t parse_byte_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) refuse_size(text);
  if (has_leading_zero(text))
    throw usage_error("'" + std::string(text) + "' begins with 0: write the number without");
  std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  while (name.starts_with(' ')) name.remove_prefix(1);
  for (const size_unit& unit : units) {
    if (!text::iequals(name, unit.name)) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() / unit.bytes) refuse_size(text);
    return number * unit.bytes;
  }
  refuse_size(text);
}

}  // namespace tenure::apps
