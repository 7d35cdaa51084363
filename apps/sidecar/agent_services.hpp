// The services of the local Consul agent: found, read, waited for, written.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/consul_config.hpp>
#include <vector>

#include "consul/call.hpp"
#include "runtime/environment.hpp"
#include "sidecar/service_document.hpp"

namespace tenure::sidecar {

class services_found : public consul::answer_base {
 public:
  std::vector<service_document> services;
};
class service_read : public consul::answer_base {
 public:
  std::optional<service_document> service;  ///< nothing: the agent knows no such service
};
class service_written : public consul::answer_base {
 public:
  /// A field of the body that the agent does not know; empty but for a refusal because of it.
  std::string unknown_field;
};

/// Errors are returned; cancellation is thrown. Must outlive its operations.
class agent_services {
 public:
  agent_services(std::shared_ptr<const runtime::environment> outside, consul_config config)
      : outside_(std::move(outside)), config_(std::move(config)) {}

  const runtime::environment& outside() const noexcept { return *outside_; }

  /// GET agent/services with Consul's filter expression.
  boost::asio::awaitable<services_found> find(std::string filter);
  /// GET agent/service/ID.
  boost::asio::awaitable<service_read> read(std::string id);
  /// The same, answered when its content hash is no longer `hash`, or after `wait`.
  boost::asio::awaitable<service_read> watch(std::string id, std::string hash, duration wait);
  /// PUT agent/service/register, by `deadline`. Without checks in it the service keeps its own.
  boost::asio::awaitable<service_written> write(std::string body, time_point deadline);

 private:
  time_point in_time() const { return outside_->clock->now() + config_.request_timeout; }
  boost::asio::awaitable<service_read> get(consul::call what);

  std::shared_ptr<const runtime::environment> outside_;
  consul_config config_;
};

}  // namespace tenure::sidecar
