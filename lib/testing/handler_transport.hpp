// The in-process agent as a transport, over a network that the test controls.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <tenure/toolkit/async_condition.hpp>

#include "runtime/transport.hpp"
#include "testing/in_process_agent.hpp"

namespace tenure::testing {

/// What the network does to one round trip.
enum class mishap : std::uint8_t {
  none,
  refused,        ///< no connection: nothing is sent
  reset_before,   ///< sent, then the connection is reset; the server never sees it
  reset_after,    ///< the server serves it, then the connection is reset before the response
  silent_before,  ///< the request is lost: no response until the deadline
  forbidden,      ///< the token lacks a right: the server answers 403 and does nothing
  hidden,         ///< the same; but a list of keys is empty, as Consul answers without key:read
  unknown_token,  ///< the token was revoked: the server answers 403 and does nothing
  throttled,      ///< the server answers 429, as at its limit of connections, and does nothing
  too_large,      ///< the server answers 413 and does nothing
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
  /// The timers are those of the process that uses this transport.
  handler_transport(runtime::timers& timers, in_process_agent& server)
      : timers_(timers), server_(server), silence_(timers) {}

  boost::asio::awaitable<runtime::exchange_result> exchange(runtime::lane where,
                                                            runtime::http_request request,
                                                            time_point deadline,
                                                            runtime::on_stale when_stale) override;

  /// Called at the start of every round trip. Empty: everything arrives at once.
  std::function<fate(runtime::lane, const runtime::http_request&)> network;
  /// Called for every response that reaches the client, and may change it.
  std::function<void(const runtime::http_request&, runtime::http_response&)> observer;
  /// Whether a response that comes now is lost, also that of a request sent before. Empty: none.
  std::function<bool(runtime::lane)> loses_response;

  /// Resets the connections on which a request or a response was lost.
  void reset_silent() noexcept { silence_.notify_all(); }

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
  boost::asio::awaitable<void> run(runtime::lane where, runtime::http_request& request,
                                   time_point deadline, const fate& what_happens,
                                   runtime::exchange_result& result);
  boost::asio::awaitable<void> stay_silent(time_point deadline, runtime::exchange_result& result);

  runtime::timers& timers_;
  in_process_agent& server_;
  std::array<count, 3> counts_;
  runtime::async_condition silence_;
};

}  // namespace tenure::testing
