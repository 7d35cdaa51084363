// The transport of one simulated process: lanes with a bounded number of kept connections, as the
// HTTP client has them, over the simulated network.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/transport.hpp"
#include "runtime/wait_list.hpp"
#include "sim/flight.hpp"
#include "sim/network.hpp"
#include "sim/server.hpp"

namespace tenure::sim {

class link final : public runtime::transport {
 public:
  link(world& its_world, machine& its_machine, server& its_server, sim::network& net, actor who,
       std::size_t host, std::size_t budget);
  ~link() override;

  boost::asio::awaitable<runtime::exchange_result> exchange(runtime::lane where,
                                                            runtime::http_request request,
                                                            time_point deadline,
                                                            runtime::on_stale when_stale) override;

  /// The process has crashed: whatever is under way ends at once, and nothing leaves any more. What
  /// is on its way already still arrives.
  void sever();
  /// All kept connections are closed, as a process does that exits.
  void close_idle();

  sim::path path;
  /// Told of every answer that the process gets to see.
  std::function<void(const flight&)> seen;
  std::size_t exchanges() const noexcept { return exchanges_; }  ///< under way
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
        : line(std::make_shared<runtime::wait_list>(timers)) {}
    std::size_t limit = 1;
    std::size_t in_use = 0;
    std::vector<connection> idle;
    std::shared_ptr<runtime::wait_list> line;
  };
  class place;
  class interest;
  class loose_end;

  lane_state& lane_of(runtime::lane where) noexcept {
    return lanes_[static_cast<std::size_t>(where)];
  }
  boost::asio::awaitable<void> attempt(runtime::lane where, const runtime::http_request& request,
                                       time_point deadline, runtime::on_stale when_stale,
                                       runtime::exchange_result& result);
  boost::asio::awaitable<bool> dial(runtime::lane where, connection& fresh, time_point deadline,
                                    runtime::exchange_result& result);
  boost::asio::awaitable<void> travel(runtime::lane where, connection& on, loose_end& end,
                                      const runtime::http_request& request, time_point deadline,
                                      runtime::exchange_result& result);
  void check_lane(runtime::lane where, const runtime::http_request& request);

  world& world_;
  machine& machine_;
  server& server_;
  sim::network& network_;
  const actor who_;
  const std::size_t host_;
  std::array<lane_state, 3> lanes_;
  std::vector<std::weak_ptr<flight>> flights_;
  std::size_t exchanges_ = 0;
  std::uint64_t requests_ = 0;
  bool severed_ = false;
};

}  // namespace tenure::sim
