// An input as environment variables: lines of NAME=value.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace tenure::fuzz {

/// Without those that name files which are read or commands which are run.
inline std::map<std::string, std::string, std::less<>> variables_of(std::string_view input) {
  std::map<std::string, std::string, std::less<>> set;
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    const std::size_t equal = std::min(line.find('='), line.size());
    const std::string_view name = line.substr(0, equal);
    if (name.ends_with("_FILE") || name.ends_with("_COMMAND")) continue;
    set[std::string(name)] = line.substr(std::min(equal + 1, line.size()));
  }
  return set;
}

}  // namespace tenure::fuzz
