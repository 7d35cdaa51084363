// Why terms end.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenure {

/// Why a term ended: each ends for exactly one reason.
enum class end_reason : std::uint8_t {
  none,           ///< it has not ended
  resigned,       ///< the holder gave it up
  expired,        ///< no proof arrived in time: partition, Consul gone, or this process was stopped
  session_lost,   ///< the session was invalidated: expiry, destroy, a failed check, a lost node
  key_taken,      ///< another session holds the key
  key_released,   ///< the key was released by another client
  key_missing,    ///< the key was deleted
  overwritten,    ///< another client wrote the key
  health_failed,  ///< a health gate closed
  handed_over,    ///< the plan of its group asked for the election
  shut_down,      ///< the elections object was shut down
};
[[nodiscard]] std::string_view to_string(end_reason reason) noexcept;

}  // namespace tenure
