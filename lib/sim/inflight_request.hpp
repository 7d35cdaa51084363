// A request in flight: on the way to the server, being served, or its response on the way back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/toolkit/async_condition.hpp>
#include <utility>

#include "agent/handler.hpp"
#include "sim/ground_truth.hpp"
#include "sim/host.hpp"
#include "sim/request_kind.hpp"

namespace tenure::sim {

/// What the network does to one exchange, drawn when the request is sent.
class fate {
 public:
  duration request_delay{0}, response_delay{0};
  bool lost_before = false;  ///< the request never arrives, silently
  bool lost_after = false;   ///< the request arrives, the response does not
  bool reset_after = false;  ///< the request arrives, then the connection is reset
  std::optional<duration> reset_at;  ///< the connection is reset this long after sending
};

class inflight_request {
 public:
  inflight_request(host& from, actor who, std::size_t address, runtime::http_request sent)
      : sender(from),
        by(who),
        address(address),
        request(std::move(sent)),
        kind(kind_of(request)),
        tenant(tenant_of(request)),
        changed(from) {}

  bool done() const noexcept { return response.has_value() || error; }
  /// Ends the exchange with that error unless it is done.
  void fail(error_code why) {
    if (done()) return;
    error = why;
    changed.notify_all();
  }

  host& sender;
  const actor by;
  const std::size_t address;
  runtime::http_request request;
  const request_kind kind;
  const std::size_t tenant;  ///< of its process
  agent::request_id id = 0;
  sim::fate fate;
  std::uint64_t epoch = 0;  ///< the run of the server in which its connection was opened
  bool at_server = false;   ///< arrived and not yet answered
  bool abandoned = false;   ///< the client has closed the connection
  bool holds_slot = true;   ///< counts as a connection of its address
  bool closes = false;      ///< the server closes the connection after the response

  time_point shows_state_of{};  ///< when the server had the state that its answer shows
  std::optional<runtime::http_response> response;
  error_code error;
  runtime::async_condition changed;
};

}  // namespace tenure::sim
