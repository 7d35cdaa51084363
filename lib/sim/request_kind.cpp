#include "sim/request_kind.hpp"

#include <array>

namespace tenure::sim {

std::string_view to_string(request_kind kind) noexcept {
  static constexpr std::array<std::string_view, 12> names{
      "renew", "proof",  "txn",     "poll",         "read",      "consistent",
      "lock",  "create", "destroy", "session-info", "heartbeat", "other"};
  return names[static_cast<std::size_t>(kind)];
}

request_kind kind_of(const runtime::http_request& request) noexcept {
  const std::string_view target = request.target;
  const bool consistent = is_consistent(request);
  if (target.starts_with("/v1/kv/")) {
    if (request.method != "GET") return request_kind::lock;
    if (target.find("index=") != target.npos) return request_kind::poll;
    return consistent ? request_kind::consistent_read : request_kind::read;
  }
  if (target.starts_with("/v1/txn")) {
    if (!consistent) return request_kind::transaction;
    const auto has = [&request](const char* verb) {
      return request.body.find(verb) != std::string::npos;
    };
    // The proof of a slot reads its semaphore's lock as well. Checks of sessions alone ask which of
    // many keys exist.
    const bool proves = has("\"check-index\"") || (has("\"check-session\"") && has("\"get\""));
    return proves ? request_kind::proof : request_kind::consistent_read;
  }
  if (target.starts_with("/v1/session/renew/")) return request_kind::renewal;
  if (target.starts_with("/v1/session/create")) return request_kind::session_create;
  if (target.starts_with("/v1/session/destroy/")) return request_kind::session_destroy;
  if (target.starts_with("/v1/session/info/")) return request_kind::session_info;
  if (target.starts_with("/v1/agent/check/pass/")) return request_kind::heartbeat;
  return request_kind::other;
}

std::string_view key_of(const runtime::http_request& request) noexcept {
  std::string_view target = request.target;
  if (!target.starts_with("/v1/kv/")) return {};
  target.remove_prefix(std::string_view("/v1/kv/").size());
  return target.substr(0, target.find('?'));
}

bool is_consistent(const runtime::http_request& request) noexcept {
  return request.target.find("consistent") != std::string::npos;
}

bool is_list(const runtime::http_request& request) noexcept {
  return request.target.find("?recurse") != std::string::npos;
}

std::string tenant_token(std::size_t tenant) { return std::to_string(tenant); }

std::size_t tenant_of(const runtime::http_request& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "X-Consul-Token") return std::stoul(value);
  }
  return 0;
}

std::string without_index(const runtime::http_request& request) {
  std::string target = request.target.substr(0, request.target.find('?'));
  if (is_list(request)) target += "?recurse";
  return target;
}

}  // namespace tenure::sim
