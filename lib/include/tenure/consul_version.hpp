// The versions of Consul that the embedded agent can answer as.
//
// Component tenure::agent.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenure {

/// v1_8: measured on 1.8.7; v1_21: on 1.21.4. Statuses, texts, JSON and limits differ.
enum class consul_version : std::uint8_t { v1_8, v1_21 };

/// The version's name: "1.8" or "1.21".
constexpr std::string_view name_of(consul_version version) noexcept {
  return version == consul_version::v1_8 ? "1.8" : "1.21";
}

/// The version with that name; nothing for any other text.
constexpr std::optional<consul_version> find_consul_version(std::string_view name) noexcept {
  for (const consul_version version : {consul_version::v1_8, consul_version::v1_21}) {
    if (name_of(version) == name) return version;
  }
  return std::nullopt;
}

}  // namespace tenure
