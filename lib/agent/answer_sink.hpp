// Where the responses of the agent's handler go.
#pragma once

#include <cstdint>

#include "runtime/transport.hpp"

namespace tenure::agent {

/// Identifies a request until its response: the id of a connection, or of a simulated request.
using request_id = std::uint64_t;

class answer_sink {
 public:
  virtual ~answer_sink() = default;
  /// Called once per request, from handle(), tick() or a later handle(). Must not call back into
  /// the handler.
  virtual void answered(request_id id, runtime::http_response response) = 0;
};

}  // namespace tenure::agent
