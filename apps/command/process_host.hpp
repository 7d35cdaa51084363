// The command_host that starts real processes.
#pragma once

#include <memory>
#include <tenure/log.hpp>

#include "command/guardian_set.hpp"
#include "command/supervised_command.hpp"

namespace tenure::command {

/// A process has one at most, must have no child processes that come from elsewhere, and must call
/// run_guardian_if_requested() first in main().
class process_host final : public command_host {
 public:
  process_host(boost::asio::any_io_executor executor, std::shared_ptr<log_sink> log);
  process_host(const process_host&) = delete;
  process_host& operator=(const process_host&) = delete;

  std::shared_ptr<supervised_command> start(const invocation& what, lease_times lease) override;
  const boost::asio::any_io_executor& executor() const noexcept override { return executor_; }

 private:
  boost::asio::any_io_executor executor_;
  guardian_set guardians_;
};

}  // namespace tenure::command
