// Hooks: executables of a folder that are run when leadership comes, goes, or is somebody else's,
// and when the leader's settings change. Named as Juju names them, with what Juju promises.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <tenure/leader_settings.hpp>

#include "command/term_commands.hpp"
#include "runtime/async_condition.hpp"
#include "runtime/environment.hpp"
#include "runtime/task_scope.hpp"
#include "sidecar/face.hpp"
#include "sidecar/hook_plan.hpp"
#include "sidecar/hook_snapshots.hpp"

namespace tenure::sidecar {

class hooks_options {
 public:
  std::string election;  ///< its name
  std::string key;
  std::string folder;
  duration span{0};      ///< the election's
  duration grace{0};     ///< from SIGTERM to SIGKILL
  duration timeout = std::chrono::minutes(5);
  duration guarantee = std::chrono::seconds(30);  ///< how much more leader-elected is promised
  duration first_retry = std::chrono::seconds(1);
  duration last_retry = std::chrono::minutes(1);
};

/// One hook at a time. leader-elected runs within the term: it is ended before the lease is. The
/// others run whoever leads.
class hooks final : public face {
 public:
  /// `session` tells on which session the election stands now.
  hooks(std::shared_ptr<const runtime::environment> outside, command::command_host& commands,
        tenure::leader_settings settings, hook_snapshots& snapshots, hooks_options options,
        std::function<std::string()> session);
  ~hooks() override;

  void changed(const status& now) override;
  boost::asio::awaitable<void> lead(term t) override;
  /// A leader-deposed that is owed is run on the way out, for as long as its timeout allows.
  boost::asio::awaitable<void> run() override;

 private:
  boost::asio::awaitable<void> work();
  boost::asio::awaitable<void> follow_settings();
  boost::asio::awaitable<void> follow_guarantee(term t);
  boost::asio::awaitable<void> prove(term t);
  boost::asio::awaitable<void> run_next(hook what);
  boost::asio::awaitable<bool> run_file(hook what, std::string file);
  boost::asio::awaitable<void> read_settings();
  command::invocation invocation_of(hook what, const std::string& file) const;
  void forgive();
  void log(log_level level, std::string_view line, hook what) const;
  time_point now() const { return outside_->clock->now(); }

  std::shared_ptr<const runtime::environment> outside_;
  command::command_host& commands_;
  tenure::leader_settings settings_;
  hook_snapshots& snapshots_;
  const hooks_options options_;
  std::function<std::string()> session_;
  runtime::async_condition changed_;
  const int nothing_;  // /dev/null
  hook_plan plan_;
  std::optional<hook> running_;
  status status_;
  term term_;  // while lead() runs
  std::shared_ptr<command::term_commands> elected_;  // while leader-elected runs
  std::shared_ptr<command::supervised_command> other_;  // while another hook runs
  std::optional<settings_snapshot> newest_;
  hook_snapshots::pin snapshot_;  // of the running hook
  duration pause_{0};             // after a failure
  time_point not_before_ = time_point::min();
  bool proving_ = false;
  bool stopping_ = false;
};

}  // namespace tenure::sidecar
