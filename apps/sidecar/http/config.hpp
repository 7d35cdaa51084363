// The block `http:` of the file: the configuration of the HTTP server.
#pragma once

#include <string>
#include <tenure/time.hpp>
#include <tenure/toolkit/ip_range.hpp>
#include <vector>

#include "common/http/protection.hpp"
#include "common/yaml_map.hpp"

namespace tenure::sidecar {

class http_config {
 public:
  /// `localhost` means 127.0.0.1 and ::1, as clients may try either first.
  std::vector<std::string> listen{"localhost:4040"};
  std::string probe;    ///< address of /healthz and /readyz; empty: `listen`
  std::string metrics;  ///< address of /metrics; empty: `listen`
  std::string election;  ///< of / and /sse; empty: the only one of the file
  bool ui = true;
  std::size_t connections = 16'000;
  std::size_t connections_per_client = 256;     ///< without streams; 0: any number
  std::size_t streams_per_client = 1000;        ///< not of proxies; 0: any number
  std::vector<wire::ip_range> proxies;          ///< with many clients each, as the loopback
  std::size_t requests_per_second = 20'000;     ///< of one client address; 0: any number
  std::size_t header_bytes = 16 * 1024;
  std::size_t metrics_of_elections = 200;       ///< with more elections: totals only
  duration write_timeout = std::chrono::seconds(10);
  duration request_timeout = std::chrono::seconds(10);  ///< also from the connection to its begin
  duration idle_timeout = std::chrono::seconds(75);     ///< between requests
  /// The silence of a stream after which it sends a comment; 0: none.
  duration heartbeat = std::chrono::seconds(15);
  apps::http_protection protection;

  std::vector<std::string> addresses() const;
};

/// Whether a stream's heartbeat may come after this much silence.
bool is_heartbeat(duration silence);

/// host:port, [v6]:port, :port, https:// before one of these, or unix:///path. Checks the syntax
/// only.
bool is_listen_address(const std::string& text);

http_config read_http(const YAML::Node& block, apps::config_errors& errors);

}  // namespace tenure::sidecar
