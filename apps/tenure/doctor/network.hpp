// Whether this host reaches Consul, and which step fails: the name, the connection, or TLS.
#pragma once

#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/time.hpp>

#include "tenure/doctor/report.hpp"

namespace tenure::doctor {

/// A resolved address: what connect() takes, as bytes.
struct endpoint {
  std::string bytes;  ///< a sockaddr
  std::string text;   ///< "127.0.0.1:8500"
};

/// Where Consul answered.
struct network_facts {
  bool connected = false;
  endpoint where;  ///< empty for a unix socket
};

/// `from`: where the address was written, such as "CONSUL_HTTP_ADDR".
network_facts check_network(report& out, const consul_config& config, const std::string& from,
                            time_point end);

/// How many connections this host has to that address; -1: the kernel does not show them.
long connections_to(const endpoint& where);

}  // namespace tenure::doctor
