// What must hold, in release too: a broken promise ends the process at once and says which.
#pragma once

#include <source_location>

namespace tenure::runtime {

[[noreturn]] void broken(const char* what, const std::source_location& where) noexcept;

inline void must(bool holds, const char* what,
                 const std::source_location& where = std::source_location::current()) noexcept {
  if (!holds) [[unlikely]]
    broken(what, where);
}

}  // namespace tenure::runtime
