// The variables of a program that are secrets, and what the commands that it starts inherit.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tenure::command {

/// Whether a variable is a secret of this process's access to Consul, or of its servers. A
/// command gets it only by name.
inline bool is_secret_variable(std::string_view name) {
  constexpr std::array secrets{"CONSUL_HTTP_TOKEN", "CONSUL_HTTP_TOKEN_FILE", "CONSUL_HTTP_AUTH",
                               "CONSUL_CLIENT_KEY"};
  if (std::ranges::find(secrets, name) != secrets.end()) return true;
  return name.starts_with("TENURE_") && name.find("TOKEN") != name.npos;
}

/// All variables of this process as NAME=value, without the secrets that are not in `named`.
inline std::vector<std::string> inherited_variables(const std::vector<std::string>& named = {}) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    if (!is_secret_variable(name) || std::ranges::find(named, name) != named.end())
      all.emplace_back(text);
  }
  return all;
}

}  // namespace tenure::command
