// Assertions that hold in release builds too: a violated one is named on standard error and ends
// the process at once.
#pragma once

#include <source_location>

namespace tenure::runtime {

[[noreturn]] void invariant_failed(const char* what, const std::source_location& where) noexcept;

inline void ensure(bool holds, const char* what,
                 const std::source_location& where = std::source_location::current()) noexcept {
  if (!holds) [[unlikely]]
    invariant_failed(what, where);
}

}  // namespace tenure::runtime
