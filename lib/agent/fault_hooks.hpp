// Where an injected fault changes what the handler does: see faults.hpp.
#pragma once

#include <functional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

namespace tenure::agent {

/// Read by the handler's state wherever a fault may change its behavior.
class fault_hooks {
 public:
  std::function<duration(duration ttl)> session_life;  ///< none: twice the TTL
  bool sessions_frozen = false;                        ///< no session ends by time
  std::vector<std::string> touched;                    ///< keys written or deleted, if asked for
};

}  // namespace tenure::agent
