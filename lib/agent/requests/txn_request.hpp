// The body of a transaction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/consul_version.hpp"
#include "agent/state/kv_entry.hpp"

namespace tenure::agent {

class txn_operation {
 public:
  enum class subject : std::uint8_t { key, other };

  subject what = subject::key;  ///< other: the catalog, which this agent does not have
  std::string verb;
  kv_fields wanted;  ///< its modify_index is the member Index
  std::string name_space;  ///< Consul reads both here, and ignores those of the query
  std::string partition;

  bool writes() const noexcept;
};

class txn_request {
 public:
  /// Returns Go's error text; empty if the body is valid.
  std::string read(std::string_view body, const consul_traits& traits);

  /// The number of operations that the client sent, empty ones included.
  std::size_t sent = 0;
  std::vector<txn_operation> operations;
};

}  // namespace tenure::agent
