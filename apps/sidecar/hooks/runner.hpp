// Runs the file of one hook as a supervised command.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tenure/term.hpp>
#include <vector>

#include "command/term_commands.hpp"
#include "sidecar/hooks/scheduler.hpp"
#include "sidecar/main/output_environment.hpp"

namespace tenure::sidecar {

class hook_options {
 public:
  std::string election;  ///< its name
  std::string key;
  std::string value;  ///< what this process publishes as the leader
  std::string folder;
  std::vector<std::string> pass_env;  ///< secrets of the sidecar that the hooks get, by name
  duration span{0};   ///< the election's
  duration grace{0};  ///< from SIGTERM to SIGKILL
  duration timeout = std::chrono::minutes(5);
  duration guarantee = std::chrono::seconds(30);  ///< how long leader-elected is sure to lead
  duration first_retry = std::chrono::seconds(1);
  duration last_retry = std::chrono::minutes(1);
};

/// One run of a hook. A parameter of coroutines, hence the constructor.
class hook_run {
 public:
  hook_run(hook h, duration t) : what(h), timeout(t) {}

  hook what;
  duration timeout;
  tenure::term term;  ///< leader-elected runs within it
  std::uint64_t fence = 0;
  std::string leader;                     ///< its published value
  std::optional<std::uint64_t> snapshot;  ///< the index of the settings that the hook sees
  time_point end_by = time_point::max();  ///< gone by then, whatever its timeout
};

/// One hook at a time.
class hook_runner {
 public:
  /// Both outlive the runner.
  hook_runner(std::shared_ptr<const output_environment> env, command::command_host& commands,
              const hook_options& options);
  hook_runner(const hook_runner&) = delete;
  hook_runner& operator=(const hook_runner&) = delete;
  ~hook_runner();

  std::string file_of(hook what) const;
  /// leader-elected ends before the lease of its term; the other hooks have their timeout alone.
  /// Returns when the hook, and everything it started, is gone.
  boost::asio::awaitable<hook_result> run(hook_run which);
  /// The hook that runs now.
  const std::optional<hook>& running() const noexcept { return running_; }
  /// Stops the running hook: SIGTERM, and SIGKILL after the grace.
  void stop();
  /// The running hook is gone by then: SIGTERM some time before, if its timeout does not end first.
  void hold_to(time_point end_by);
  /// Sends SIGKILL to the running hook.
  void kill();
  /// Whether the last hook was stopped by `end_by`, or killed, before its timeout.
  bool cut_short() const noexcept { return cut_short_; }

 private:
  command::lease_times held_to(command::lease_times lease, time_point end_by) const;

  boost::asio::awaitable<command::outcome> run_command(hook_run which);
  command::invocation invocation_of(const hook_run& which) const;

  std::shared_ptr<const output_environment> env_;
  command::command_host& commands_;
  const hook_options& options_;
  const int null_input_;  // /dev/null
  std::optional<hook> running_;
  std::shared_ptr<command::term_commands> elected_;     // while leader-elected runs
  std::shared_ptr<command::supervised_command> other_;  // while another hook runs
  command::lease_times lease_;                          // of other_
  time_point timeout_at_;                               // of other_
  bool cut_short_ = false;
};

}  // namespace tenure::sidecar
