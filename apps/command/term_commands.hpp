// The commands of one term: each is stopped when the term asks for it, and gone before its lease
// ends.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <tenure/term.hpp>
#include <tenure/time.hpp>

#include "command/supervised_command.hpp"

namespace tenure::command {

/// For the thread of the host's io_context. Always in a shared_ptr: its tasks hold it too.
/// To end it: stop(), await idle(), resign the term, close().
class term_commands : public std::enable_shared_from_this<term_commands> {
 public:
  /// `span` is the election's: while commands run, the lease is read ten times within it, or more
  /// often.
  static std::shared_ptr<term_commands> open(command_host& host, term t, duration span);
  term_commands(command_host& host, term t, duration span);

  /// `callback` is called once, when the term asks the work to stop.
  void on_term_end(std::function<void()> callback) { on_term_end_ = std::move(callback); }

  /// Starts a command: await its gone(). Its descriptors may be closed when start() has returned.
  /// Once stopping(), no command is started, and a null pointer is returned. Throws system_error
  /// if there are no resources for it.
  std::shared_ptr<supervised_command> start(invocation what);

  /// Runs a command until it and everything that must end with it are gone. After `timeout` the
  /// command is stopped. Once stopping(), no command is started (ECANCELED). Throws system_error
  /// if there are no resources for it.
  boost::asio::awaitable<outcome> run(invocation what, std::optional<duration> timeout);

  /// For all of them: a signal; SIGTERM, and SIGKILL after the grace; SIGKILL at once.
  void signal(int number);
  void stop();
  void kill();

  /// Whether a stop has begun: the term asked for it, or stop() or kill() was called.
  bool stopping() const noexcept { return stopping_; }
  /// Whether the term asked for it.
  bool term_ended() const noexcept { return term_ended_; }
  std::size_t running() const noexcept { return running_.size(); }

  /// Completes when no command runs.
  boost::asio::awaitable<void> idle();
  /// Ends the tasks that follow the lease. No command may run by then.
  void close();

 private:
  boost::asio::awaitable<void> forget_when_gone(std::shared_ptr<supervised_command> command);
  boost::asio::awaitable<void> update_leases();
  boost::asio::awaitable<void> watch_term();
  void forget(const std::shared_ptr<supervised_command>& command);
  void stop(stop_cause why);
  void read_lease();

  command_host& host_;
  term term_;
  duration update_pause_;
  lease_times lease_;
  std::set<std::shared_ptr<supervised_command>> running_;
  std::function<void()> on_term_end_;
  lease_timer update_timer_;
  lease_timer idle_timer_;
  bool stopping_ = false;
  bool term_ended_ = false;
  bool closed_ = false;
};

}  // namespace tenure::command
