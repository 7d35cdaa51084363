// The two deadlines that a lease sets for a command.
#pragma once

#include <tenure/time.hpp>

namespace tenure::command {

/// When a command must begin to stop, and when it must be gone.
class lease_times {
 public:
  lease_times() = default;
  lease_times(time_point stop, time_point kill) : stop_at(stop), kill_at(kill) {}

  time_point stop_at = time_point::max();  ///< SIGTERM
  time_point kill_at = time_point::max();  ///< SIGKILL
};

}  // namespace tenure::command
