// The embedded agent's handler as a transport, without a socket: requests reach the same code that
// the HTTP server runs, in virtual time, over a network that the test controls.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/handler.hpp"
#include "runtime/environment.hpp"
#include "support/manual_runtime.hpp"

namespace tenure::test {

/// One server, shared by the transports of any number of simulated processes. It must outlive
/// them, and be outlived by the runtime.
class in_process_agent final : public agent::answer_sink {
 public:
  explicit in_process_agent(manual_runtime& runtime, agent::handler_options options = {});
  ~in_process_agent() override;

  agent::handler& handler() noexcept { return *handler_; }
  /// Sends a request that is answered at once (no blocking query that parks).
  runtime::http_response ask(runtime::http_request request);
  /// Restarts empty, as after a crash: parked queries are never answered.
  void restart(agent::handler_options options);

  /// A sent request, and its response once there is one.
  class inflight_request;
  /// Delivers the request to the server after `delay`, even if its sender gives up.
  std::shared_ptr<inflight_request> send(runtime::http_request request, duration delay);

 private:
  class tick_timer;
  void answered(agent::request_id id, runtime::http_response response) override;
  void arrive(inflight_request& arrived) noexcept;
  void abandon(inflight_request& abandoned) noexcept;
  void rearm();

  manual_runtime& runtime_;
  std::unique_ptr<agent::handler> handler_;
  std::unique_ptr<tick_timer> tick_;
  /// Delayed or not answered.
  std::map<agent::request_id, std::shared_ptr<inflight_request>> inflight_;
  agent::request_id last_id_ = 0;
};

/// What the network does to one round trip.
enum class mishap : std::uint8_t {
  none,
  refused,        ///< no connection: nothing is sent
  reset_before,   ///< sent, then the connection is reset; the server never sees it
  reset_after,    ///< the server serves it, then the connection is reset before the response
  silent_before,  ///< the request is lost: no response until the deadline
  forbidden,      ///< the server answers 403 and does nothing
  silent_after,   ///< the server serves it, the response is lost: none until the deadline
};

class fate {
 public:
  fate() = default;
  fate(mishap what) : what(what) {}  // NOLINT(google-explicit-constructor)
  fate(duration request_delay, duration answer_delay)
      : request_delay(request_delay), answer_delay(answer_delay) {}

  mishap what = mishap::none;
  duration request_delay{0};  ///< the request arrives this late, even if its sender has gone
  duration answer_delay{0};
};

class handler_transport final : public runtime::transport {
 public:
  handler_transport(manual_runtime& runtime, in_process_agent& server)
      : runtime_(runtime), server_(server) {}

  boost::asio::awaitable<runtime::exchange_result> exchange(runtime::lane where,
                                                       runtime::http_request request,
                                                       time_point deadline,
                                                       runtime::on_stale when_stale) override;

  /// Called at the start of every round trip. Empty: everything arrives at once.
  std::function<fate(runtime::lane, const runtime::http_request&)> network;
  /// Called for every response that reaches the client.
  std::function<void(const runtime::http_request&, const runtime::http_response&)> observer;

  std::size_t started(runtime::lane where) const noexcept {
    return counts_[index_of(where)].started;
  }
  std::size_t in_flight(runtime::lane where) const noexcept { return counts_[index_of(where)].now; }
  /// The maximum in flight at the same time.
  std::size_t peak(runtime::lane where) const noexcept { return counts_[index_of(where)].peak; }

 private:
  class count {
   public:
    std::size_t started = 0, now = 0, peak = 0;
  };
  class counted;
  static std::size_t index_of(runtime::lane where) noexcept {
    return static_cast<std::size_t>(where);
  }
  boost::asio::awaitable<void> run(runtime::http_request& request, time_point deadline,
                                      const fate& what_happens, runtime::exchange_result& result);

  manual_runtime& runtime_;
  in_process_agent& server_;
  std::array<count, 3> counts_;
};

}  // namespace tenure::test
