// The transport of a simulated process: like the HTTP client it has lanes, each with a bounded
// number of kept connections, over the simulated network.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/transport.hpp"
#include "runtime/wait_list.hpp"
#include "sim/inflight_request.hpp"
#include "sim/network.hpp"
#include "sim/run_context.hpp"
#include "sim/server.hpp"

namespace tenure::sim {

class link_options {
 public:
  actor who = operators;
  std::size_t address = 0;      ///< the client address
  std::size_t connections = 0;  ///< the limit of all lanes together
};

class link final : public runtime::transport {
 public:
  link(run_context& context, host& its_host, link_options options);
  ~link() override;

  boost::asio::awaitable<runtime::exchange_result> exchange(runtime::lane where,
                                                       runtime::http_request request,
                                                       time_point deadline,
                                                       runtime::on_stale when_stale) override;

  /// The process has crashed: all exchanges end at once, and no request leaves any more. Requests
  /// in flight still arrive.
  void sever();
  /// Closes all kept connections, as an exiting process does.
  void close_idle();

  link_faults faults;
  /// Called for every response that reaches the process.
  std::function<void(const inflight_request&)> on_response;
  std::size_t exchanges() const noexcept { return exchanges_; }  ///< running
  std::uint64_t requests() const noexcept { return requests_; }  ///< sent so far

 private:
  class connection {
   public:
    std::uint64_t epoch = 0;
    bool half_open = false;
    bool closed = false;
  };
  class lane_state {
   public:
    explicit lane_state(runtime::timers& timers)
        : queue(std::make_shared<runtime::wait_list>(timers)) {}
    std::size_t limit = 1;
    std::size_t in_use = 0;
    std::vector<connection> idle;
    std::shared_ptr<runtime::wait_list> queue;
  };
  /// The arguments and the result of one exchange().
  class exchange_state {
   public:
    runtime::lane where;
    const runtime::http_request& request;
    time_point deadline;
    runtime::on_stale when_stale;
    runtime::exchange_result result{};
  };
  class lane_slot;
  class abandon_guard;
  class unused_connection;

  lane_state& lane_of(runtime::lane where) noexcept {
    return lanes_[static_cast<std::size_t>(where)];
  }
  boost::asio::awaitable<void> run(exchange_state& e);
  boost::asio::awaitable<bool> dial(exchange_state& e, connection& fresh);
  boost::asio::awaitable<void> send_on(connection& on, unused_connection& guard,
                                       exchange_state& e);
  void check_lane(runtime::lane where, const runtime::http_request& request);

  world& world_;
  host& host_;
  server& server_;
  sim::network& network_;
  const link_options options_;
  std::array<lane_state, 3> lanes_;
  std::vector<std::weak_ptr<inflight_request>> inflight_;
  std::size_t exchanges_ = 0;
  std::uint64_t requests_ = 0;
  bool severed_ = false;
};

}  // namespace tenure::sim
