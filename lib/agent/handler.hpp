// The embedded agent as a plain state machine: a request and the time go in, an answer comes out at
// once or later. It opens no socket and reads no clock, so that the HTTP front and the simulation
// serve the very same code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tenure/time.hpp>

#include "agent/answer_sink.hpp"
#include "agent/handler_options.hpp"
#include "runtime/random_source.hpp"
#include "runtime/transport.hpp"

namespace tenure::agent {

class handler_state;

class handler {
 public:
  handler(handler_options options, runtime::random_source& random, answer_sink& sink,
          time_point start);
  ~handler();

  /// `id` must not be in use. Answers through the sink, at once or, for a blocking query, later.
  void handle(const runtime::http_request& request, time_point now, request_id id);
  /// Lets time pass: sessions expire, lock-delays end, blocking queries time out.
  void tick(time_point now);
  /// When tick() is next needed; time_point::max() where nothing waits.
  time_point next_deadline() const noexcept;
  /// The client of a parked query is gone: it is never answered, but it keeps its slot until its
  /// wait would have ended, as with Consul.
  void abandon(request_id id);
  /// Answers every parked query now, with an unchanged index, as a server does that is told to
  /// stop.
  void release_parked();

  std::size_t parked() const noexcept;    ///< queries that wait, abandoned ones included
  std::size_t sessions() const noexcept;  ///< sessions alive
  std::uint64_t index() const noexcept;   ///< the index of the last write

 private:
  friend class faults;
  std::unique_ptr<handler_state> state_;
};

}  // namespace tenure::agent
