// Durations as people write them.
#pragma once

#include <chrono>
#include <string>

namespace tenure::text {

/// 250ms, 90s as 1m30s, 25h as 1d1h. A unit whose count is 0 is left out.
std::string duration_text(std::chrono::nanoseconds d);

/// The same in whole milliseconds, rounded down, for a time that was measured or calculated.
std::string rounded_duration_text(std::chrono::nanoseconds d);

}  // namespace tenure::text
