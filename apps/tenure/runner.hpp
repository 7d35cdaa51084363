// tenure run and tenure lock: stand in an election or contend for a slot of a semaphore, and run a
// command while it is theirs.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <vector>

#include "command/term_commands.hpp"
#include "common/exit_codes.hpp"

namespace tenure::apps {

class run_options {
 public:
  explicit run_options(consul_config c) : consul(std::move(c)) {}

  consul_config consul;
  std::string key;
  candidacy how{"?"};
  std::vector<std::string> argv;
  std::optional<duration> liveness;
  std::optional<duration> try_for;  ///< how long to stand before giving up; nothing: for ever
  bool respawn = false;
  /// Not 0: one of so many slots of the semaphore below `key`.
  std::size_t slots = 0;
  std::string program = "tenure run";  ///< as error lines begin
  std::string session_name = "tenure";
  int input = 0;                       ///< what the command reads
  bool verbose = false;                ///< tells each step, as `consul lock -verbose` does
  int exit_unreachable = exit_unavailable;
  int exit_not_won = exit_not_elected;
  std::shared_ptr<log_sink> log = silent_log();
};

class runner {
 public:
  runner(boost::asio::io_context& io, run_options options);

  /// From the first request to the release of the key. Then exit_code() is known.
  boost::asio::awaitable<void> run();
  int exit_code() const noexcept { return exit_code_; }
  /// Whether the command ran and did not end well by itself, or could not be started.
  bool child_failed() const noexcept { return child_failed_; }

 private:
  boost::asio::awaitable<void> stand();
  boost::asio::awaitable<void> reach_consul();
  boost::asio::awaitable<error_code> ping();
  boost::asio::awaitable<term> win();
  boost::asio::awaitable<int> serve(term t);
  boost::asio::awaitable<void> take_signals();
  boost::asio::awaitable<void> sleep(duration d);

  void take(int signal);
  void give_up_waiting();
  void fail(const error_code& error);
  std::string obstacle() const;
  error_code last_error() const;
  void say(const std::string& line) const;
  void tell(const std::string& step) const;
  void tell_lost(const term& t, end_reason reason);
  command::invocation invocation_for(const term& t) const;

  boost::asio::io_context& io_;
  run_options options_;
  elections elections_;
  command::process_host host_;
  std::optional<election> election_;  // one of the two
  std::optional<semaphore> semaphore_;
  std::shared_ptr<command::term_commands> commands_;  // while a term runs
  boost::asio::signal_set signals_;
  boost::asio::cancellation_signal cancel_;  // of what is awaited while nothing runs
  command::lease_timer try_timer_;
  command::lease_timer pause_timer_;
  int signal_ = 0;           // the first SIGINT, SIGTERM, ... that asked us to end
  bool out_of_time_ = false;
  std::string obstacle_;     // at that moment
  bool waiting_ = false;     // for Consul, or for the election
  int exit_code_ = 0;
  bool child_failed_ = false;
};

}  // namespace tenure::apps
