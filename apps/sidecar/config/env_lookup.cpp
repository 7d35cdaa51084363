#include "sidecar/config/env_lookup.hpp"

#include <cstdlib>

namespace tenure::sidecar {

env_lookup process_env() {
  return [](const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::optional<std::string> get_env(const env_lookup& env, const char* name) {
  auto found = env(name);
  return found && !found->empty() ? std::move(found) : std::nullopt;
}

}  // namespace tenure::sidecar
