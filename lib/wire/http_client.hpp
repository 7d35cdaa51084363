// The transport of production: HTTP/1.1 by Beast over a bounded number of connections for each lane
// (runtime::lane says what a lane is).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <tenure/consul_config.hpp>
#include <tenure/log.hpp>
#include <tenure/toolkit/timers.hpp>

#include "runtime/environment.hpp"
#include "runtime/transport.hpp"

namespace tenure::wire {

/// How many connections each lane may have.
class lane_limits {
 public:
  lane_limits(std::size_t renewals, std::size_t requests, std::size_t polls)
      : renewals(renewals), requests(requests), polls(polls) {}
  /// Divides a budget: a tenth, from 1 to 4, for renewals; a fifth, from 1 to 10, for requests; the
  /// rest, at least 1, for polls. So a budget below three is exceeded.
  static lane_limits divide(std::size_t budget) noexcept;

  std::size_t renewals;
  std::size_t requests;
  std::size_t polls;
};

class http_client final : public runtime::transport {
 public:
  /// Connects when the first request needs it. `timers` fire on the executor's thread. Throws
  /// bad_configuration for TLS files that cannot be used. `log` gets a line when they change.
  http_client(boost::asio::any_io_executor executor, std::shared_ptr<runtime::timers> timers,
              const consul_config& config, lane_limits limits,
              std::shared_ptr<log_sink> log = silent_log());
  /// All exchanges have ended.
  ~http_client() override;

  boost::asio::awaitable<runtime::exchange_result> exchange(runtime::lane where,
                                                            runtime::http_request request,
                                                            time_point deadline,
                                                            runtime::on_stale when_stale) override;

  /// Connections open or being opened, and those of them that are not in use.
  std::size_t connections(runtime::lane where) const noexcept;
  std::size_t idle(runtime::lane where) const noexcept;

 private:
  class state;
  std::unique_ptr<state> state_;
};

/// The environment of production: the boot clock, timers on one timerfd, a random source that the
/// kernel seeds, and http_client. Throws bad_configuration.
std::shared_ptr<const runtime::environment> make_system_environment(
    boost::asio::any_io_executor executor, const consul_config& config,
    std::shared_ptr<log_sink> log);

}  // namespace tenure::wire
