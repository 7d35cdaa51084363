// An HTTP/1.1 client for one server, with a few kept connections.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <tenure/toolkit/http_message.hpp>
#include <tenure/toolkit/timers.hpp>

namespace tenure {
class consul_config;
}

namespace tenure::runtime {
class transport;
}

namespace tenure::toolkit {

/// Without an error there is a response, whatever its status.
class http_result {
 public:
  error_code error;                 ///< none: a response came, of any status
  runtime::http_response response;  ///< empty with an error
};

/// One thread: the executor's. Must outlive its requests.
class http_client {
 public:
  /// `address`: `host:port`, `[v6]:port`, `http://host:port`, `https://host:port` or
  /// `unix:///path`. Connects when the first request needs it; a request waits while all
  /// `connections` are in use. Throws bad_configuration.
  http_client(boost::asio::any_io_executor executor, std::shared_ptr<runtime::timers> timers,
              const std::string& address, std::size_t connections = 1);
  /// The same, with the address and the TLS settings of a configuration. Its token and its
  /// credentials are not sent: they are headers of each request. Throws bad_configuration, also for
  /// TLS files that cannot be used.
  http_client(boost::asio::any_io_executor executor, std::shared_ptr<runtime::timers> timers,
              const consul_config& config, std::size_t connections = 1);
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  ~http_client();

  /// Sends a request and reads its response, all by `deadline`: after it the error is
  /// consul_errc::timed_out. If the server had closed a kept connection, a GET or HEAD is sent once
  /// more. Errors are returned; cancellation (terminal) closes the connection and throws
  /// system_error(operation_aborted).
  boost::asio::awaitable<http_result> send(runtime::http_request request, time_point deadline);

 private:
  std::unique_ptr<runtime::transport> transport_;
};

}  // namespace tenure::toolkit
