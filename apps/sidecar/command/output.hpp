// The output to a command that runs while this process leads, as under `tenure run`: it starts with
// the term, is gone before the lease ends, and is restarted when it ends within the term. A command
// that keeps failing costs this instance its leadership, so that another instance can take over.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/toolkit/async_condition.hpp>
#include <vector>

#include "command/term_commands.hpp"
#include "sidecar/command/health_gate.hpp"
#include "sidecar/command/probe.hpp"
#include "sidecar/main/output.hpp"
#include "sidecar/main/output_environment.hpp"

namespace tenure::sidecar {

class command_options {
 public:
  std::string election;  ///< its name
  duration span{0};      ///< the election's
  duration grace{0};     ///< from SIGTERM to SIGKILL
  std::vector<std::string> argv;
  std::string directory;  ///< empty: the sidecar's
  std::vector<std::string> pass_env;  ///< secrets of the sidecar that it gets, by name
  duration first_pause = std::chrono::seconds(1);  ///< before a restart; doubles with each crash
  duration longest_pause = std::chrono::seconds(30);
  duration steady = std::chrono::seconds(10);  ///< a run of this length is no crash at the start
  health_rules health;
  duration interval = std::chrono::seconds(5);  ///< between probes
  duration timeout = std::chrono::seconds(2);   ///< of a probe
  duration start = std::chrono::seconds(10);    ///< from the command's start to its first probe
};

class command_output final : public output {
 public:
  command_output(std::shared_ptr<const output_environment> env, command::command_host& host,
                 entered_election& election, std::vector<std::shared_ptr<probe>> probes,
                 command_options options);
  ~command_output() override;

  void changed(const election_state&) override {}
  boost::asio::awaitable<void> lead(term t) override;
  boost::asio::awaitable<void> run() override;
  void abandon() override;
  std::string unfinished() const override;

 private:
  boost::asio::awaitable<void> keep_running(term t);
  boost::asio::awaitable<void> run_once(term t);
  boost::asio::awaitable<void> run_probes();
  command::invocation invocation_of(const term& t) const;
  time_point next_probe() const;
  bool probed_always() const;
  void judge();
  log_field fence_now() const;
  time_point now() const { return env_->now(); }

  std::shared_ptr<const output_environment> env_;
  command::command_host& host_;
  entered_election& election_;
  std::vector<std::shared_ptr<probe>> probes_;
  const command_options options_;
  const int null_input_;  // /dev/null
  runtime::async_condition changed_;
  health_gate gate_;
  bool healthy_ = true;
  std::string why_unhealthy_;
  std::shared_ptr<command::term_commands> commands_;  // while lead() runs
  time_point running_since_ = time_point::max();      // max(): the command does not run
  time_point last_probe_ = time_point::min();
  duration pause_{0};  // before the next start
};

}  // namespace tenure::sidecar
