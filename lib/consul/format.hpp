// What Consul reads: escaped targets, durations, request bodies.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <tenure/consul_config.hpp>

#include "consul/types.hpp"

namespace tenure::consul {

/// A key in a URL's path: percent-encoded, its slashes kept.
std::string escaped_key(std::string_view key);

/// Why a key (or, empty allowed, a prefix) cannot stand in a URL's path: Consul's server cleans
/// paths by redirecting, whatever is escaped, so "//" and "." segments never arrive. Empty where it
/// can. (Transactions carry keys in their body and take all of them but the empty one.)
std::string unaddressable(std::string_view key, bool is_prefix);

/// The way Consul reads exactly this duration: whole seconds, milliseconds, or nanoseconds. A
/// lock-delay between 0 and 1,000 ns is rounded up to 1,000: Consul takes a smaller number for
/// seconds. Negative counts as 0.
std::string duration_text(duration d);

/// A target with the configuration's datacenter, namespace and partition added to its query.
class target {
 public:
  target(std::string path, const consul_config& config);
  /// `value` is escaped.
  target& with(std::string_view name, std::string_view value);
  target& with(std::string_view flag);
  target& with(consistency how);
  std::string text() const { return path_ + query_; }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  std::string query_;
};

std::string session_body(const session_request& request);
std::string service_body(const service_registration& service);
std::string txn_body(std::span<const txn_op> ops);

}  // namespace tenure::consul
