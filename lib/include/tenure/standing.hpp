// Where a process is with one election.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenure {

/// Where this process is with one election.
enum class standing : std::uint8_t {
  watching,   ///< entered, and does not stand
  candidate,  ///< stands, and another holds the key or it cannot be claimed yet
  pending,    ///< holds the key, and waits for the lease of a predecessor to end
  leading,    ///< a term is running
  stopping,   ///< the term is over or about to be, and the work has to stop; then resign()
};
[[nodiscard]] std::string_view to_string(standing s) noexcept;

}  // namespace tenure
