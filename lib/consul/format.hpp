// How requests are written for Consul: targets, durations, bodies.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <tenure/consul_config.hpp>

#include "consul/types.hpp"

namespace tenure::consul {

/// A key in a URL's path: percent-encoded, its slashes kept.
std::string escaped_key(std::string_view key);

/// Why a key cannot be part of a URL's path; empty if it can. Consul's server redirects a path with
/// "//" or "." segments to a clean one, and refuses one with characters that are not printable,
/// however they are escaped. (Transactions have their keys in the body and accept all except the
/// empty one.)
std::string unaddressable(std::string_view key);
/// The same for a prefix, which may be empty.
std::string unaddressable_prefix(std::string_view prefix);

/// A duration in the unit in which Consul reads it without loss: seconds, milliseconds, or
/// nanoseconds. Rounds 1 to 999 ns up to 1,000, because Consul reads a lock-delay below 1,000 as
/// seconds. Negative counts as 0.
std::string duration_text(duration d);

/// A request target. Its query begins with the configured datacenter, namespace and partition.
class target {
 public:
  target(std::string path, const consul_config& config);
  /// Escapes `value`.
  target& with(std::string_view name, std::string_view value);
  target& with(std::string_view flag);
  target& with(consistency how);
  std::string text() const { return path_ + query_; }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  std::string query_;
};

/// `as`: Consul reads the tenancy of a session's checks, and of each operation of a transaction,
/// from the body. For all else it reads the query of the target.
std::string session_body(const session_request& request, const consul_access& as = {});
std::string service_body(const service_registration& service);
std::string txn_body(std::span<const txn_op> ops, const consul_access& as = {});

}  // namespace tenure::consul
