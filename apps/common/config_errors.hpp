// The errors of a configuration file, collected so that one run of a program reports them all.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tenure::apps {

class config_error {
 public:
  config_error(int line, std::string text) : line(line), text(std::move(text)) {}

  int line;  ///< from 1
  std::string text;
};

class config_errors {
 public:
  void add(int line, std::string text) { list_.emplace_back(line, std::move(text)); }
  bool empty() const noexcept { return list_.empty(); }
  /// All of them, sorted by line.
  std::vector<config_error> take();

 private:
  std::vector<config_error> list_;
};

}  // namespace tenure::apps
