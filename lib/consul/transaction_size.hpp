#pragma once

#include <cstddef>

#include "consul/types.hpp"

namespace tenure::consul {

/// Consul's limit is 512 KiB a body; this leaves room for the JSON around the operations.
inline constexpr std::size_t most_transaction_bytes = 480 * 1024;

/// At most so many bytes of JSON are around the key and the value of an operation.
inline constexpr std::size_t bytes_around_op = 200;

/// What an operation adds to the body of a transaction: its key, its value in base64, and the JSON
/// around them.
inline std::size_t bytes_of(const txn_op& op) noexcept {
  return op.key.size() + op.value.size() * 4 / 3 + bytes_around_op;
}

}  // namespace tenure::consul
