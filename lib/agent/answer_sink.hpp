// Where the responses of the agent's handler go.
#pragma once

#include <cstdint>
#include <string>

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
  /// A client registered a check that Consul would run itself (HTTP, TCP, ...); its status never
  /// changes here.
  virtual void check_not_run(const std::string& /*id*/, const std::string& /*type*/) {}
};

}  // namespace tenure::agent
