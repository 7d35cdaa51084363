// The root of Connect's certificate authority. Clients wait for it before they use a server. This
// agent signs no certificate, so the root is always the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::agent {

/// Consul creates its authority early in its start.
inline constexpr std::uint64_t ca_roots_index = 9;

/// `name`: the root's, which depends on Consul's version.
std::string ca_roots_json(std::string_view name);

}  // namespace tenure::agent
