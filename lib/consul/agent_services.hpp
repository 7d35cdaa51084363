// The services of the local Consul agent: find, read, watch and write them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/consul_config.hpp>
#include <vector>

#include "consul/service_entry.hpp"
#include "consul/types.hpp"
#include "runtime/environment.hpp"

namespace tenure::consul {

class call;

class service_list : public answer_base {
 public:
  std::vector<service_entry> services;
};
class service_result : public answer_base {
 public:
  std::optional<service_entry> service;  ///< nothing: the agent knows no such service
};
class service_written : public answer_base {
 public:
  /// The field of the body that made the agent refuse it as unknown; empty otherwise.
  std::string unknown_field;
};

/// Errors are returned; cancellation is thrown. Must outlive its operations.
class agent_services {
 public:
  agent_services(std::shared_ptr<const runtime::environment> env, consul_config config)
      : env_(std::move(env)), config_(std::move(config)) {}

  /// GET agent/services with Consul's filter expression.
  boost::asio::awaitable<service_list> find(std::string filter);
  /// GET agent/service/ID.
  boost::asio::awaitable<service_result> read(std::string id);
  /// The same as a blocking query: answers when the content hash is no longer `hash`, or after
  /// `wait`. On the poll lane.
  boost::asio::awaitable<service_result> watch(std::string id, std::string hash, duration wait);
  /// PUT agent/service/register, by `deadline`. A body without checks leaves the service's checks
  /// as they are.
  boost::asio::awaitable<service_written> write(std::string body, time_point deadline);

 private:
  time_point default_deadline() const { return env_->clock->now() + config_.request_timeout(); }
  boost::asio::awaitable<service_result> get(call what);

  std::shared_ptr<const runtime::environment> env_;
  consul_config config_;
};

}  // namespace tenure::consul
