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

#include "runtime/random_source.hpp"
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

class handler_options {
 public:
  std::string node_name = "tenure-agent";
  std::string datacenter = "dc1";
  std::string advertised = "127.0.0.1:8300";  ///< what status/leader answers
  /// The first index is one above this, or above 10: Consul's own start takes the first ones. A
  /// kept or a clock's value makes fences grow across restarts.
  std::uint64_t start_index = 0;
  /// For this long after the start every acquisition of a key is answered "due to lock delay":
  /// the delays of a former life cannot be known.
  duration start_lock_delay{0};
  /// So many operations a transaction may have: 64 as in 1.8.7; since 1.14 Consul takes 128.
  std::size_t most_operations = 64;
};

class handler {
 public:
  handler(handler_options options, runtime::random_source& random, answer_sink& sink, time_point start);
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
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace tenure::agent
