// Is it well? Asked over HTTP, or of a file that is to be touched now and then.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/time.hpp>

#include "runtime/environment.hpp"

namespace tenure::sidecar {

/// What a probe found; `why` is for people where it is not good.
class finding {
 public:
  finding() = default;
  finding(bool g, std::string w) : good(g), why(std::move(w)) {}
  bool good = true;
  std::string why;
};

class probe {
 public:
  virtual ~probe() = default;
  /// By the deadline. Cancellation is thrown.
  virtual boost::asio::awaitable<finding> ask(time_point deadline) = 0;
};

/// GET `url`, http://HOST[:PORT][/PATH]: well is what answers with 2xx or 3xx. Throws
/// bad_configuration for another sort of address.
std::shared_ptr<probe> http_probe(std::shared_ptr<const runtime::environment> outside,
                                  const std::string& url);
/// Throws what http_probe does.
void check_probe_url(const std::string& url);

/// Well is a file that was written at most `most` ago.
std::shared_ptr<probe> file_probe(std::string file, duration most);

}  // namespace tenure::sidecar
