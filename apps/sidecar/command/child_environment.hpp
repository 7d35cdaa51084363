// The environment of a child process: the sidecar's own, with variables added.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "command/secret_variables.hpp"

namespace tenure::sidecar {

class child_environment {
 public:
  /// Without the secrets of the sidecar that are not in `named`.
  explicit child_environment(const std::vector<std::string>& named)
      : all_(command::inherited_variables(named)) {}
  /// Replaces a variable of the same name.
  void set(const std::string& name, const std::string& value) {
    const std::string start = name + '=';
    std::erase_if(all_, [&](const std::string& e) { return e.starts_with(start); });
    all_.push_back(start + value);
  }
  /// All variables, as NAME=value.
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

}  // namespace tenure::sidecar
