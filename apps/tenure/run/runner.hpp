// The runner of tenure run and tenure lock: campaigns in an election, or contends for a slot of a
// semaphore, and runs a command while it holds the lock.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <vector>

#include "command/process_host.hpp"
#include "command/term_commands.hpp"
#include "common/exit_codes.hpp"
#include "common/group_options.hpp"
#include "common/refusal_filter.hpp"

namespace tenure::apps {

class run_options {
 public:
  explicit run_options(consul_config c) : consul(std::move(c)) {}

  consul_config consul;
  std::string key;
  candidacy profile{"?"};
  std::vector<std::string> argv;
  std::vector<std::string> pass_env;   ///< secrets of this process that the command gets, by name
  std::optional<group_membership> group;  ///< that the election is entered through; or none
  std::optional<duration> liveness;
  std::optional<duration> try_for;     ///< when to give up the first campaign; empty: never
  bool respawn = false;
  std::size_t slots = 0;               ///< of the semaphore below `key`; 0: an election
  std::string program = "tenure run";  ///< the beginning of error lines
  std::string session_name = "tenure";
  int input = 0;                       ///< the command's standard input
  bool verbose = false;                ///< print each step, as `consul lock -verbose` does
  int unreachable_exit_code = exit_unavailable;
  int not_elected_exit_code = exit_not_elected;
  std::shared_ptr<log_sink> log = silent_log();
};

class runner {
 public:
  /// For a Consul that does not answer at the start.
  static constexpr duration first_contact = std::chrono::seconds(10);

  runner(boost::asio::io_context& io, run_options options);

  /// From the first request to the release of the key. exit_code() is known after that.
  boost::asio::awaitable<void> run();
  int exit_code() const noexcept { return exit_code_; }
  /// Whether the command could not be started, or ended with anything but exit status 0.
  bool child_failed() const noexcept { return child_failed_; }

 private:
  boost::asio::awaitable<void> run_terms();
  boost::asio::awaitable<void> wait_for_consul();
  boost::asio::awaitable<error_code> ping();
  boost::asio::awaitable<term> win_term();
  boost::asio::awaitable<void> check_group_rights();
  boost::asio::awaitable<term> campaign();
  boost::asio::awaitable<int> serve_term(term t);
  boost::asio::awaitable<command::outcome> run_command(const term& t);
  boost::asio::awaitable<void> follow_hand_over(term t);
  boost::asio::awaitable<void> leave_group(term t);
  boost::asio::awaitable<void> handle_signals();
  boost::asio::awaitable<void> sleep(duration d);

  void on_signal(int number);
  void cancel_waiting();
  void fail(const error_code& error);
  void fail(const boost::system::system_error& error);
  std::string obstacle() const;
  std::string group_obstacle() const;
  error_code last_error() const;
  void print_error(const std::string& line) const;
  void print_step(const char* step) const;
  void print_loss(const term& t, end_reason reason) const;
  command::invocation invocation_for(const term& t) const;

  boost::asio::io_context& io_;
  run_options options_;
  const std::shared_ptr<refusal_filter> log_;  ///< the library's
  elections elections_;
  command::process_host host_;
  std::optional<group> group_;
  std::optional<election> election_;  // this or semaphore_
  std::optional<semaphore> semaphore_;
  std::shared_ptr<command::term_commands> commands_;  // during a term
  boost::asio::signal_set signals_;
  boost::asio::cancellation_signal cancel_;  // of the ping or the campaign that is awaited
  command::lease_timer try_timer_;
  command::lease_timer pause_timer_;
  command::lease_timer group_timer_;
  int signal_ = 0;           // the first signal that asked this process to end
  bool out_of_time_ = false;
  std::optional<boost::system::system_error> failure_;  ///< of the last ping
  std::string obstacle_;     // when the time was up
  bool waiting_ = false;     // for Consul, or for the election
  bool group_refused_ = false;
  bool hand_over_ = false;  // the command was stopped because the group wants another leader
  // Of the last term:
  bool lost_ = false;         // it ended before its command
  bool handed_over_ = false;  // another member leads now
  int exit_code_ = 0;
  bool child_failed_ = false;
};

}  // namespace tenure::apps
