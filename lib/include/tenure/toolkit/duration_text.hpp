// Durations as people write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::text {

/// A unit of time.
struct duration_unit {
  std::string_view name;  ///< as people write it
  std::int64_t ns;        ///< how long it is
};

/// The units in which people write durations, the largest first.
inline constexpr duration_unit duration_units[] = {
    {"d", 86'400'000'000'000}, {"h", 3'600'000'000'000}, {"m", 60'000'000'000},
    {"s", 1'000'000'000},      {"ms", 1'000'000},        {"us", 1'000},
    {"ns", 1},
};

/// 250ms, 90s as 1m30s, 25h as 1d1h. A unit whose count is 0 is left out.
std::string duration_text(std::chrono::nanoseconds d);

/// The same in whole milliseconds, rounded down, for a time that was measured or calculated.
std::string rounded_duration_text(std::chrono::nanoseconds d);

}  // namespace tenure::text
