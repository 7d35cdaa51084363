// The environment of what a sidecar runs: its own, and what it adds.
#pragma once

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace tenure::sidecar {

class environment_text {
 public:
  environment_text() {
    for (char** e = environ; *e != nullptr; ++e) all_.emplace_back(*e);
  }
  /// Instead of what was there under that name.
  void set(const std::string& name, const std::string& value) {
    const std::string start = name + '=';
    std::erase_if(all_, [&](const std::string& e) { return e.starts_with(start); });
    all_.push_back(start + value);
  }
  /// NAME=value, all of it.
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

}  // namespace tenure::sidecar
