// The commands that run within one term: they are told to stop when the term says so, and are gone
// before its lease ends.
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

/// Belongs to the thread of the host's io_context. Always in a shared_ptr: its tasks hold it too.
/// To end it: stop(), await idle(), resign the term, close().
class term_commands : public std::enable_shared_from_this<term_commands> {
 public:
  /// `span` is the election's: the lease is looked at ten times in it, or more.
  static std::shared_ptr<term_commands> open(command_host& host, term t, duration span);
  term_commands(command_host& host, term t, duration span);

  /// Called once, when the term asks for the stop.
  void on_term_end(std::function<void()> then) { on_term_end_ = std::move(then); }

  /// Runs a command to its very end. `limit`: how long it may take before it is stopped. Does not
  /// start it any more once stopping() (ECANCELED). Throws system_error where there are no
  /// resources for a guardian.
  boost::asio::awaitable<outcome> run(invocation what, std::optional<duration> limit);

  /// To all of them: a signal; SIGTERM, and SIGKILL after the grace; SIGKILL at once.
  void signal(int number);
  void stop();
  void kill();

  /// Whether they were told to stop: because the term asked for it, or by stop().
  bool stopping() const noexcept { return stopping_; }
  /// Whether the term asked for it.
  bool term_ended() const noexcept { return term_ended_; }
  std::size_t running() const noexcept { return running_.size(); }

  /// Completes when none runs.
  boost::asio::awaitable<void> idle();
  /// Ends the tasks that follow the lease. No command may run any more.
  void close();

 private:
  class entry;

  boost::asio::awaitable<void> feed();
  boost::asio::awaitable<void> heed_term();
  void read_lease();

  command_host& host_;
  term term_;
  duration pause_;
  lease_times lease_;
  std::set<entry*> running_;
  std::function<void()> on_term_end_;
  lease_timer feed_timer_;
  lease_timer idle_timer_;
  bool stopping_ = false;
  bool term_ended_ = false;
  bool closed_ = false;
};

}  // namespace tenure::command
