// The embedded agent as a plain state machine: a request and the time go in, a response comes out
// at once or later. It opens no socket and reads no clock, so the HTTP server and the simulation
// run the same code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <tenure/time.hpp>

#include "agent/answer_sink.hpp"
#include "agent/handler_options.hpp"
#include "agent/tenant.hpp"
#include "runtime/random_source.hpp"
#include "runtime/transport.hpp"

namespace tenure::agent {

class endpoints;
class fault_injection;

class handler {
 public:
  handler(handler_options options, runtime::random_source& random, answer_sink& sink,
          time_point start);
  ~handler();

  /// `id` must not be in use. The response goes to the sink, at once or, for a blocking query,
  /// later.
  void handle(const runtime::http_request& request, time_point now, request_id id);
  /// Lets time pass: sessions expire, lock-delays end, blocking queries time out.
  void tick(time_point now);
  /// When tick() is next due; time_point::max() if nothing waits.
  time_point next_deadline() const noexcept;
  /// The client of a parked query is gone. The query gets no response, but keeps its slot until its
  /// wait ends, as in Consul.
  void abandon(request_id id);
  /// Answers every parked query now, with an unchanged index, as a server does when it stops.
  void release_parked();

  std::size_t parked() const noexcept;    ///< waiting queries, abandoned ones included
  std::size_t sessions() const noexcept;  ///< live sessions
  /// Whether a server that starts without what this one knows may grant every lock at once: no
  /// session lives, no lock was taken from a holder within the last `lease`, while that holder may
  /// still act, and locks are not refused because of an earlier stop.
  bool forgets_nothing(time_point now, duration lease) const noexcept;
  std::uint64_t index() const noexcept;   ///< the index of the last write

  /// The tenants in whose name requests came.
  const std::set<tenant>& tenants() const noexcept;

  /// For simulations.
  fault_injection& faults() noexcept;

 private:
  std::unique_ptr<endpoints> endpoints_;
};

}  // namespace tenure::agent
