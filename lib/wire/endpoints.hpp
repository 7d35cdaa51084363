// Where the server can be reached: an address as it is, a unix socket, or a name that is looked up
// once and kept for as long as it works.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/error.hpp>
#include <vector>

#include "runtime/timers.hpp"
#include "runtime/wait_list.hpp"

namespace tenure::wire {

using endpoint = boost::asio::generic::stream_protocol::endpoint;

class endpoints {
 public:
  endpoints(boost::asio::any_io_executor executor, runtime::timers& timers,
            const consul_config& config);
  endpoints(const endpoints&) = delete;
  endpoints& operator=(const endpoints&) = delete;
  ~endpoints();

  /// Fills `found`, the one that worked last first. Waits for a look-up that is under way, whoever
  /// began it: Asio cannot cancel one. Throws system_error(operation_aborted) when cancelled.
  boost::asio::awaitable<error_code> find(std::vector<endpoint>& found, time_point deadline);
  /// A connection to this one was made: try it first.
  void worked(const endpoint& good);
  /// None of them took a connection: look the name up again next time.
  void failed() noexcept;

 private:
  class lookup;
  std::shared_ptr<lookup> lookup_;
};

}  // namespace tenure::wire
