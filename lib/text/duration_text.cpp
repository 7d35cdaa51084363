#include <cstdint>
#include <string>
#include <tenure/toolkit/duration_text.hpp>

namespace tenure::text {

std::string duration_text(std::chrono::nanoseconds d) {
  if (d.count() == 0) return "0s";
  std::string text = d.count() < 0 ? "-" : "";
  auto rest = static_cast<std::uint64_t>(d.count());
  if (d.count() < 0) rest = 0 - rest;
  for (const duration_unit& unit : duration_units) {
    const auto ns = static_cast<std::uint64_t>(unit.ns);
    const std::uint64_t count = rest / ns;
    rest %= ns;
    if (count > 0) text.append(std::to_string(count)).append(unit.name);
  }
  return text;
}

std::string rounded_duration_text(std::chrono::nanoseconds d) {
  return duration_text(std::chrono::floor<std::chrono::milliseconds>(d));
}

}  // namespace tenure::text
