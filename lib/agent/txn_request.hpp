// The body of a transaction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/records.hpp"

namespace tenure::agent {

class txn_operation {
 public:
  enum class subject : std::uint8_t { key, other };

  subject what = subject::key;  ///< other: the catalog, which this agent does not keep
  std::string verb;
  kv_fields wanted;  ///< Index is its modify_index

  bool writes() const noexcept;
};

class txn_request {
 public:
  /// Returns Go's error text; empty where the body is fine.
  std::string read(std::string_view body);

  /// How many operations the client sent, those without content included.
  std::size_t sent = 0;
  std::vector<txn_operation> operations;
};

}  // namespace tenure::agent
