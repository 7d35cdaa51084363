// A ?filter over the agent's services, compiled once and evaluated for each service.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/state/service_entry.hpp"

namespace tenure::agent {

class service_filter {
 public:
  /// The empty text matches every service.
  explicit service_filter(std::string_view text);
  ~service_filter();
  service_filter(const service_filter&) = delete;
  service_filter& operator=(const service_filter&) = delete;

  /// Consul's error text; empty if the filter is valid.
  const std::string& error() const noexcept { return error_; }
  bool matches(const service_fields& service) const;

 private:
  class predicate;
  std::unique_ptr<predicate> root_;
  std::string error_;
};

}  // namespace tenure::agent
