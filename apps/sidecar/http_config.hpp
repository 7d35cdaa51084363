// What the sidecar's HTTP face is told.
#pragma once

#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "sidecar/yaml_block.hpp"

namespace tenure::sidecar {

class http_config {
 public:
  /// `localhost` means both of its addresses, as clients may try either first.
  std::vector<std::string> listen{"localhost:4040"};
  std::string probe;    ///< where /healthz and /readyz are; empty: with the rest
  std::string metrics;  ///< where /metrics is; empty: with the rest
  std::string election; ///< the one that / and /sse tell; empty: the only one there is
  bool ui = true;
  std::size_t connections = 16'000;
  std::size_t connections_per_client = 0;       ///< 0: any number
  std::size_t requests_per_second = 20'000;     ///< of one client address; 0: any number
  std::size_t header_bytes = 16 * 1024;
  std::size_t metrics_of_elections = 200;       ///< with more elections there are sums alone
  duration write_timeout = std::chrono::seconds(10);
};

/// host:port, [v6]:port, :port or unix:///path. Whether it can be listened on shows at the start.
bool is_listen_address(const std::string& text);

http_config read_http(const YAML::Node& block, mistakes& into);

}  // namespace tenure::sidecar
