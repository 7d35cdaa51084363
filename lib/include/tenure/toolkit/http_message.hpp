// An HTTP request and its response, as the server and the client pass them.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenure::runtime {

/// `target` is the path with its query, already percent-encoded.
class http_request {
 public:
  http_request() = default;
  /// Without headers.
  http_request(std::string method, std::string target, std::string body = {})
      : method(std::move(method)), target(std::move(target)), body(std::move(body)) {}

  std::string method = "GET";                                ///< in capitals
  std::string target = "/";                                  ///< path and query, escaped
  std::vector<std::pair<std::string, std::string>> headers;  ///< names and values, in order
  std::string body;                                          ///< of any bytes
};

/// A response. Plain values.
class http_response {
 public:
  http_response() = default;
  /// Without headers.
  http_response(unsigned status, std::string body) : status(status), body(std::move(body)) {}

  /// The first header of that name, in any case; empty if the response has none.
  std::string_view header(std::string_view name) const noexcept;

  unsigned status = 0;                                       ///< such as 200; 0: none yet
  std::vector<std::pair<std::string, std::string>> headers;  ///< names and values, in order
  std::string body;                                          ///< of any bytes
};

}  // namespace tenure::runtime
