// The transport of production: HTTP/1.1 by Beast over a bounded number of connections, each lane
// with its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <tenure/consul_config.hpp>
#include <tenure/log.hpp>

#include "runtime/environment.hpp"
#include "runtime/timers.hpp"
#include "runtime/transport.hpp"

namespace tenure::wire {

/// How many connections each lane may have.
class lane_limits {
 public:
  lane_limits(std::size_t renewals, std::size_t requests, std::size_t polls)
      : renewals(renewals), requests(requests), polls(polls) {}
  /// Divides a budget: few for renewals, a fifth (at most 12) for requests, polls get the rest. At
  /// least one each, so a budget under three is exceeded.
  static lane_limits divide(std::size_t budget) noexcept;

  std::size_t renewals;
  std::size_t requests;
  std::size_t polls;
};

class http_client final : public runtime::transport {
 public:
  /// Connects when first needed. `timers` fire by the same thread as the executor's.
  http_client(boost::asio::any_io_executor executor, std::shared_ptr<runtime::timers> timers,
              const consul_config& config, lane_limits limits);
  /// No exchange may be under way.
  ~http_client() override;

  boost::asio::awaitable<runtime::round_trip> exchange(runtime::lane where,
                                                       runtime::http_request request,
                                                       time_point deadline,
                                                       bool retry_stale) override;

  /// Connections open or being opened, and those of them that nobody uses now.
  std::size_t connections(runtime::lane where) const noexcept;
  std::size_t idle(runtime::lane where) const noexcept;

 private:
  class state;
  std::unique_ptr<state> state_;
};

/// The runtime of production: the boot clock, one timerfd, the kernel's entropy and http_client.
std::shared_ptr<const runtime::environment> make_system_environment(
    boost::asio::any_io_executor executor, const consul_config& config,
    std::shared_ptr<log_sink> log);

}  // namespace tenure::wire
