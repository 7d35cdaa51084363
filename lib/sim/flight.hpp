// One request on its way: to the server, and its answer on the way back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/handler.hpp"
#include "runtime/async_condition.hpp"
#include "sim/machine.hpp"
#include "sim/request_kind.hpp"
#include "sim/truth.hpp"

namespace tenure::sim {

/// What becomes of one exchange, drawn when it is sent.
class fate {
 public:
  duration there{0}, back{0};  ///< how long the request and the answer travel
  bool lost_before = false;    ///< it never arrives, and nobody says so
  bool lost_after = false;     ///< it arrives, and the answer does not
  bool reset_after = false;    ///< it arrives, and then the connection is reset
  std::optional<duration> reset_at;  ///< the connection is reset this long after sending
};

class flight {
 public:
  flight(machine& from, actor who, std::size_t host, runtime::http_request asked)
      : sender(from),
        by(who),
        host(host),
        request(std::move(asked)),
        kind(kind_of(request)),
        changed(from) {}

  bool done() const noexcept { return response.has_value() || error; }

  machine& sender;
  const actor by;
  const std::size_t host;
  runtime::http_request request;
  const request_kind kind;
  agent::request_id id = 0;
  sim::fate fate;
  std::uint64_t epoch = 0;      ///< the server's life in which its connection was opened
  bool at_server = false;       ///< arrived, and not yet answered
  bool abandoned = false;       ///< the client has closed the connection
  bool holds_slot = true;       ///< of its address, as long as nobody knows that it is free
  bool closes = false;          ///< the server closes the connection behind the answer

  std::optional<runtime::http_response> response;
  error_code error;
  runtime::async_condition changed;
};

}  // namespace tenure::sim
