// Classifies a request by its method and target, and finds its sender among the tenants.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/transport.hpp"

namespace tenure::sim {

enum class request_kind : std::uint8_t {
  renewal,
  proof,            ///< an all-read transaction with ?consistent
  transaction,      ///< one that may write
  poll,             ///< a blocking query
  read,             ///< of a key, by the default consistency
  consistent_read,  ///< of a key
  lock,             ///< PUT ?acquire, ?release, or plain, and DELETE
  session_create,
  session_destroy,
  session_info,
  heartbeat,        ///< agent/check/pass
  other
};

std::string_view to_string(request_kind kind) noexcept;
request_kind kind_of(const runtime::http_request& request) noexcept;
/// The key of a request for /v1/kv/KEY; empty for others.
std::string_view key_of(const runtime::http_request& request) noexcept;
/// Whether it reads all keys with that prefix.
bool is_list(const runtime::http_request& request) noexcept;
/// Whether it asks for ?consistent: its answer shows a state of after the request was sent.
bool is_consistent(const runtime::http_request& request) noexcept;
/// The token of a process's tenant of that number. The server lets every token do everything.
std::string tenant_token(std::size_t tenant);
/// Whose token the request has; 0 without one, as those of contenders and operators.
std::size_t tenant_of(const runtime::http_request& request);
/// The target of the same read without blocking.
std::string without_index(const runtime::http_request& request);

inline bool writes(request_kind kind) noexcept {
  return kind == request_kind::transaction || kind == request_kind::lock ||
         kind == request_kind::session_create || kind == request_kind::session_destroy;
}

}  // namespace tenure::sim
