#include "common/config_errors.hpp"

#include <algorithm>

namespace tenure::apps {

std::vector<config_error> config_errors::take() {
  std::stable_sort(list_.begin(), list_.end(), [](const config_error& a, const config_error& b) {
    return a.line < b.line;
  });
  return std::move(list_);
}

}  // namespace tenure::apps
