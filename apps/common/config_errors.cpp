#include "common/config_errors.hpp"

#include <algorithm>

#include "common/visible_controls.hpp"

namespace tenure::apps {

void config_errors::add(file_position at, std::string text) {
  list_.emplace_back(at, error_line(text));
}

std::string located(const std::string& file, const config_error& error) {
  std::string text = file + ':' + std::to_string(error.line) + ':';
  if (error.column > 0) text += std::to_string(error.column) + ':';
  return text + ' ' + error.text;
}

std::vector<config_error> config_errors::take() {
  std::stable_sort(list_.begin(), list_.end(), [](const config_error& a, const config_error& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return std::move(list_);
}

}  // namespace tenure::apps
