#include <cstdint>
#include <string_view>
#include <tenure/toolkit/duration_text.hpp>

namespace tenure::text {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t ns;
};
constexpr unit units[] = {
    {"d", 86'400'000'000'000}, {"h", 3'600'000'000'000}, {"m", 60'000'000'000},
    {"s", 1'000'000'000},      {"ms", 1'000'000},        {"us", 1'000},
    {"ns", 1},
};

}  // namespace

std::string duration_text(std::chrono::nanoseconds d) {
  if (d.count() == 0) return "0s";
  std::string text = d.count() < 0 ? "-" : "";
  auto rest = static_cast<std::uint64_t>(d.count());
  if (d.count() < 0) rest = 0 - rest;
  for (const unit& u : units) {
    const std::uint64_t count = rest / u.ns;
    rest %= u.ns;
    if (count > 0) text.append(std::to_string(count)).append(u.name);
  }
  return text;
}

std::string rounded_duration_text(std::chrono::nanoseconds d) {
  return duration_text(std::chrono::floor<std::chrono::milliseconds>(d));
}

}  // namespace tenure::text
