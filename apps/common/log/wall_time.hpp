// The wall clock as text, for people and other programs. No decision depends on it.
#pragma once

#include <chrono>
#include <string>

namespace tenure::apps {

/// 2026-11-21T13:45:04Z
std::string rfc3339(std::chrono::system_clock::time_point t);
/// 2026-11-21T13:45:04.123Z
std::string rfc3339_ms(std::chrono::system_clock::time_point t);

}  // namespace tenure::apps
