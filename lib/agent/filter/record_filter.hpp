// A ?filter over the elements of a list, compiled once and evaluated for each element, as Consul
// shows it in JSON.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/consul_version.hpp"
#include "agent/filter/filter_schema.hpp"

namespace tenure::agent {

class record_filter {
 public:
  /// The empty text matches every element.
  record_filter(std::string_view text, filter_schema schema, const consul_traits& traits);
  ~record_filter();
  record_filter(const record_filter&) = delete;
  record_filter& operator=(const record_filter&) = delete;

  /// Consul's error text; empty if the filter is valid.
  const std::string& error() const noexcept { return error_; }
  /// The error text without its usual start.
  std::string_view bare_error() const noexcept;
  /// Whether every element matches.
  bool empty() const noexcept { return !root_; }
  /// `json`: an element in compact JSON.
  bool matches(std::string_view json) const;

 private:
  class predicate;
  std::unique_ptr<predicate> root_;
  std::string error_;
};

}  // namespace tenure::agent
