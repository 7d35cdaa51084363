// Reading environment variables through a function, so that tests and command-line flags can stand
// in for the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace tenure::sidecar {

/// Returns the value of a variable; nothing where it is not set.
using env_lookup = std::function<std::optional<std::string>(const char* name)>;

/// The environment of this process.
env_lookup process_env();

/// The value of a variable. An empty one counts as not set, as in a shell's ${NAME:-default}.
std::optional<std::string> get_env(const env_lookup& env, const char* name);

}  // namespace tenure::sidecar
