// What the outputs and components of a sidecar may use of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <string>
#include <tenure/agent_services.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/elections.hpp>
#include <tenure/log.hpp>
#include <tenure/metrics.hpp>
#include <tenure/outage_log.hpp>

#include "command/supervised_command.hpp"
#include "sidecar/hooks/snapshots.hpp"
#include "sidecar/main/joined_groups.hpp"
#include "sidecar/main/output_environment.hpp"

namespace tenure::sidecar {

/// All of it outlives the outputs and components.
class context {
 public:
  context(boost::asio::any_io_executor executor, const consul_config& consul,
          tenure::elections& elections, command::command_host& commands,
          std::shared_ptr<log_sink> log, std::shared_ptr<outage_log> outages,
          std::shared_ptr<metrics_registry> metrics)
      : executor(std::move(executor)),
        consul(consul),
        elections(elections),
        commands(commands),
        log(std::move(log)),
        outages(std::move(outages)),
        metrics(std::move(metrics)) {}

  boost::asio::any_io_executor executor;
  const consul_config& consul;
  tenure::elections& elections;
  command::command_host& commands;  ///< the only one of this process
  std::shared_ptr<log_sink> log;
  std::shared_ptr<outage_log> outages;
  std::shared_ptr<metrics_registry> metrics;  ///< of `elections`, and of services()
  joined_groups groups;
  hook_snapshots snapshots;
  /// The settings key of each election whose configuration names one, by the election's name.
  std::map<std::string, std::string> settings_keys;

  /// Timers and log for the outputs; made at the first use.
  std::shared_ptr<const output_environment> environment();
  /// The services of the local agent, for all outputs; made at the first use.
  std::shared_ptr<agent_services> services();

 private:
  std::shared_ptr<const output_environment> environment_;
  std::shared_ptr<agent_services> services_;
};

}  // namespace tenure::sidecar
