// The addresses of the server: the configured IP address or unix socket, or those of a host name,
// which is resolved once and again only when none of them accepts a connection.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/error.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

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

  /// Fills `found`; the address that worked last comes first. All callers share one resolution. It
  /// goes on without them, because Asio cannot cancel it. Throws system_error(operation_aborted)
  /// when cancelled.
  boost::asio::awaitable<error_code> find(std::vector<endpoint>& found, time_point deadline);
  /// A connection to this address was made: try it first from now on.
  void worked(const endpoint& good);
  /// No address accepted a connection: resolve the name again next time.
  void failed() noexcept;

 private:
  class resolution;
  std::shared_ptr<resolution> resolution_;
};

}  // namespace tenure::wire
