// What must hold, in release too: a broken promise ends the process at once and says which.
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
