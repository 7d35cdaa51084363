// The output to hooks: executables of a directory that run when this process gains or loses
// leadership, when another process leads, and when the leader's settings change. With Juju's names
// and guarantees.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <tenure/leader_settings.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "sidecar/hooks/runner.hpp"
#include "sidecar/hooks/scheduler.hpp"
#include "sidecar/hooks/snapshots.hpp"
#include "sidecar/main/output.hpp"
#include "sidecar/main/output_environment.hpp"

namespace tenure::sidecar {

/// What the hooks of one election use. References outlive them.
struct hooks_dependencies {
  std::shared_ptr<const output_environment> env;
  command::command_host& commands;
  tenure::leader_settings settings;
  hook_snapshots& snapshots;
  std::function<std::string()> session;  ///< returns the present session of the election
};

/// Runs one hook at a time. leader-elected runs within the term, and ends before its lease does.
/// The other hooks do not depend on a term.
class hooks_output final : public output {
 public:
  hooks_output(hooks_dependencies with, hook_options options);

  void changed(const election_state& now) override;
  boost::asio::awaitable<void> lead(term t) override;
  /// When cancelled, waits for the running hook and runs what is due once more, until the deadline
  /// of ending(): leader-deposed and leader-settings-changed after the last term.
  boost::asio::awaitable<void> run() override;
  void ending(time_point deadline) override;
  void abandon() override;
  std::string unfinished() const override;

 private:
  boost::asio::awaitable<void> run_hooks();
  boost::asio::awaitable<void> follow_settings();
  boost::asio::awaitable<void> follow_end_of_term();
  void end_term();
  boost::asio::awaitable<void> follow_guarantee(term t);
  boost::asio::awaitable<void> prove(term t);
  boost::asio::awaitable<void> run_next(hook what);
  boost::asio::awaitable<void> read_settings();
  hook_run run_of(hook what) const;
  void reset_backoff();
  void note_cut_short(hook what);
  time_point now() const { return env_->now(); }

  std::shared_ptr<const output_environment> env_;
  tenure::leader_settings settings_;
  hook_snapshots& snapshots_;
  const hook_options options_;
  std::function<std::string()> session_;
  runtime::async_condition changed_;
  hook_scheduler scheduler_;
  hook_runner runner_;
  election_state state_;
  term term_;       // while lead() runs
  term past_term_;  // its work has stopped, but promises of it may last
  std::optional<settings_snapshot> newest_settings_;
  hook_snapshots::pin snapshot_;  // of the running hook
  duration pause_{0};             // after a failure
  time_point not_before_ = time_point::min();
  bool proving_ = false;
  bool stopping_ = false;
  time_point end_by_ = time_point::max();
  bool abandoned_ = false;
  std::string cut_short_;  // the hooks that the deadline ended
};

}  // namespace tenure::sidecar
