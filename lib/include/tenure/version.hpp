// The version of the library whose headers these are.
#pragma once

#include <string_view>

namespace tenure {

inline constexpr int version_major = 0;
inline constexpr int version_minor = 2;
inline constexpr int version_patch = 0;
/// "MAJOR.MINOR.PATCH", as find_package(tenure) compares it.
inline constexpr std::string_view version = "0.2.0";

}  // namespace tenure
