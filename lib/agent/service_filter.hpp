// A ?filter over the agent's services: checked once against what a service has, then asked of each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/service_records.hpp"

namespace tenure::agent {

class service_filter {
 public:
  /// The empty text lets everything through.
  explicit service_filter(std::string_view text);
  ~service_filter();
  service_filter(const service_filter&) = delete;
  service_filter& operator=(const service_filter&) = delete;

  /// Consul's complaint; empty where the filter is fine.
  const std::string& error() const noexcept { return error_; }
  bool matches(const service_fields& service) const;

 private:
  class condition;
  std::unique_ptr<condition> root_;
  std::string error_;
};

}  // namespace tenure::agent
