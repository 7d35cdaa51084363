// The HTTP API of the sidecar: the nais elector's addresses, and the sidecar's own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tenure/metrics.hpp>
#include <tenure/toolkit/timers.hpp>
#include <utility>
#include <vector>

#include "sidecar/http/config.hpp"
#include "sidecar/http/listener.hpp"
#include "sidecar/http/status_registry.hpp"
#include "sidecar/http/streams.hpp"
#include "sidecar/http/wake_queue.hpp"
#include "sidecar/main/joined_groups.hpp"
#include "sidecar/main/output_environment.hpp"

namespace tenure::sidecar {

class http_api {
 public:
  /// Reads the files of the token and of TLS. Throws bad_configuration.
  http_api(const http_config& config, boost::asio::any_io_executor executor,
           runtime::timers& timers, std::shared_ptr<const metrics_registry> library_metrics,
           std::shared_ptr<const output_environment> env, const joined_groups& groups,
           std::shared_ptr<log_sink> log);
  http_api(const http_api&) = delete;
  http_api& operator=(const http_api&) = delete;
  ~http_api();

  /// Serves these endpoints at an address. Throws boost::system::system_error.
  void listen(const std::string& address, endpoints served);
  /// All addresses: with the chosen port where port 0 was configured.
  std::vector<std::string> addresses() const;
  const std::vector<std::unique_ptr<listener>>& listeners() const noexcept { return listeners_; }

  election_status& add(entered_election& e, const election_options& options);
  /// The streams of the election end.
  void remove(const std::string& name);
  /// The election's state has changed.
  void update(election_status& e);
  /// Members of a group, or what they lead, have changed.
  void update_groups();
  /// /readyz answers 503 from now on.
  void set_not_ready() noexcept { ending_ = true; }
  /// Accepts no more requests. Streams send their last state and end.
  void stop();
  std::size_t connections() const noexcept;

 private:
  class lease_timer;
  using headers = std::vector<std::pair<std::string, std::string>>;

  /// A request, and where its response goes.
  struct exchange {
    listener& at;
    std::uint64_t id;
    const request& what;
  };

  void handle(const exchange& x);
  void handle_app(const exchange& x);
  void handle_election(const exchange& x, election_status& e, std::string_view rest);
  void send_list(const exchange& x);
  void subscribe(const exchange& x, election_status& e);
  void open_feed(const exchange& x);
  void send_page(const exchange& x);
  void send_stream(const exchange& x, const char* type,
                   const std::function<std::unique_ptr<wire::http_stream>()>& make_body);
  void send(const exchange& x, unsigned status, const char* type, std::string body,
            headers more = {});
  void refuse(const exchange& x, unsigned status, const std::string& why);
  void end_feeds();
  election_status* default_election(const exchange& x);
  std::string feed_hello() const;
  std::string metrics() const;
  void send_leases();

  const http_config config_;
  const std::shared_ptr<log_sink> log_;
  const std::shared_ptr<wire::bearer_token> token_;
  const std::optional<wire::server_tls> tls_;
  boost::asio::any_io_executor executor_;
  runtime::timers& timers_;
  const std::shared_ptr<const metrics_registry> library_metrics_;
  const std::shared_ptr<const output_environment> env_;
  const joined_groups& groups_;
  status_registry registry_;
  std::map<unsigned, std::uint64_t> responses_;  ///< by class of status: 2 for 2xx
  std::set<feed_stream*> feeds_;
  wake_queue wakeups_;
  std::vector<std::unique_ptr<listener>> listeners_;
  std::unique_ptr<lease_timer> lease_timer_;
  bool ending_ = false;
};

}  // namespace tenure::sidecar
