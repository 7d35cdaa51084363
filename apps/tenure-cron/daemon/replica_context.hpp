// What the tenants of a replica share.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <tenure/consul_connections.hpp>
#include <tenure/toolkit/timers.hpp>

#include "command/process_host.hpp"
#include "common/service/service_manager.hpp"
#include "tenure-cron/daemon/options.hpp"
#include "tenure-cron/running/process_job_runner.hpp"
#include "tenure-cron/schedule/system_wall_clock.hpp"
#include "tenure-cron/term/run_observer.hpp"

namespace tenure::cron {

class replica_context {
 public:
  /// `output`: standard output, for the lines of jobs.
  replica_context(boost::asio::io_context& io, daemon_options o,
                  std::shared_ptr<output_target> output)
      : options(std::move(o)),
        executor(io.get_executor()),
        connections(executor, options.consul),
        timers(runtime::system_timers(executor)),
        clock(executor, *timers),
        host(executor, options.log),
        services(host, *timers, std::move(output), options.log) {}

  const daemon_options options;
  const boost::asio::any_io_executor executor;
  const consul_connections connections;
  const std::shared_ptr<runtime::timers> timers;
  system_wall_clock clock;
  command::process_host host;
  runner_services services;
  run_observer* observer = nullptr;
  apps::service_manager* manager = nullptr;
};

}  // namespace tenure::cron
