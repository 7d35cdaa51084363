// Where the answers of the agent's handler go.
#pragma once

#include <cstdint>

#include "runtime/transport.hpp"

namespace tenure::agent {

/// Names a request until it is answered: a connection, or a link of the simulation.
using request_id = std::uint64_t;

class answer_sink {
 public:
  virtual ~answer_sink() = default;
  /// Called once a request, from within handle(), tick() or a later handle(). Must not call back
  /// into the handler.
  virtual void answered(request_id id, runtime::http_response response) = 0;
};

}  // namespace tenure::agent
