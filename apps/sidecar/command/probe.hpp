// Health probes: an HTTP request, or a file that has to be written regularly.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/time.hpp>
#include <utility>

#include "sidecar/main/output_environment.hpp"


namespace tenure::sidecar {

/// The outcome of one probe.
class finding {
 public:
  static finding healthy() { return {}; }
  static finding unhealthy(std::string why) { return finding(std::move(why)); }

  bool is_healthy() const noexcept { return why_.empty(); }
  /// For people; empty if healthy.
  const std::string& why() const noexcept { return why_; }

 private:
  finding() = default;
  explicit finding(std::string why) : why_(std::move(why)) {}
  std::string why_;
};

class probe {
 public:
  virtual ~probe() = default;
  /// Completes by the deadline. Throws when cancelled.
  virtual boost::asio::awaitable<finding> check(time_point deadline) = 0;
};

/// GET `url`, http://HOST[:PORT][/PATH]: healthy with a status of 2xx or 3xx. Throws
/// bad_configuration for any other kind of URL.
std::shared_ptr<probe> http_probe(std::shared_ptr<const output_environment> env,
                                  const std::string& url);
/// Throws as http_probe() does.
void check_probe_url(const std::string& url);

/// Healthy while the file was last written at most `max_age` ago.
std::shared_ptr<probe> file_probe(std::string file, duration max_age);

}  // namespace tenure::sidecar
