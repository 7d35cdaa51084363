// tenure sidecar: takes part in elections, and publishes their state through its outputs.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <unordered_map>
#include <vector>

#include "command/process_host.hpp"
#include "common/service/service_manager.hpp"
#include "sidecar/config/config.hpp"
#include "sidecar/main/component.hpp"
#include "sidecar/main/context.hpp"
#include "sidecar/main/election_runner.hpp"

namespace tenure::sidecar {

/// Reads the configuration again. Throws std::exception whose text is one line: what is wrong, and
/// where. Empty: the configuration does not come from a file.
using config_loader = std::function<config()>;

class sidecar {
 public:
  /// Makes everything that the configuration names, and listens on its addresses. Throws
  /// fatal_error. It reports to `manager` that it is ready, who
  /// leads, and that it stops.
  sidecar(boost::asio::io_context& io, config c, std::shared_ptr<log_sink> log,
          config_loader load, apps::service_manager& manager);

  /// Returns after a signal or a fatal error. exit_code() is known then, and an error has been
  /// printed on standard error.
  boost::asio::awaitable<void> run();
  int exit_code() const noexcept { return exit_code_; }

 private:
  void on_event(const event& e);
  boost::asio::awaitable<void> watch_for_refusal();

  // way_out.cpp
  boost::asio::awaitable<void> shut_down();
  boost::asio::awaitable<bool> ended_by(time_point deadline);
  boost::asio::awaitable<void> end_components();
  boost::asio::awaitable<bool> finished_by(time_point deadline, boost::asio::awaitable<void> work);
  boost::asio::awaitable<void> finish(std::shared_ptr<bool> done,
                                      boost::asio::awaitable<void> work);

  // reload.cpp
  void reload();
  void load_and_apply();
  void check_reloadable(const config& next) const;
  void apply(config next);
  void enter_pending();
  bool must_wait(const election_config& e) const;
  boost::asio::awaitable<void> retry_pending();
  boost::asio::awaitable<void> drop(election_runner* r);
  boost::asio::awaitable<void> destroy_oldest_dropped();
  boost::asio::awaitable<void> leave_unused_group(std::string prefix);
  void report_unfinished();

  boost::asio::awaitable<void> handle_signals();
  election_runner& enter(const election_config& e);
  election handle_of(const election_options& options);
  std::string status() const;
  void on_failure(std::exception_ptr why);
  void fail(int exit_code, const std::string& text);
  void begin_end();

  boost::asio::io_context& io_;
  config config_;
  std::shared_ptr<log_sink> log_;
  std::shared_ptr<outage_log> outages_;
  std::shared_ptr<metrics_registry> metrics_;
  std::shared_ptr<runtime::timers> timers_;
  elections elections_;
  command::process_host commands_;
  context context_;
  std::vector<std::shared_ptr<component>> components_;
  std::vector<std::unique_ptr<election_runner>> runners_;
  std::unordered_map<std::string, election_runner*> by_key_;
  config_loader load_;
  apps::service_manager& manager_;
  std::vector<election_config> pending_;  // of a reload, until others have ended
  bool retrying_ = false;
  std::deque<std::unique_ptr<election_runner>> dropped_;  // that requests may still refer to
  runtime::async_condition end_changed_;
  runtime::task_scope component_runs_;
  runtime::task_scope tasks_;
  runtime::task_scope way_out_;
  std::map<std::string, std::string> unfinished_;  // by the election's name; "": of all
  boost::asio::signal_set signals_;
  bool ending_ = false;
  int exit_code_ = 0;
};

}  // namespace tenure::sidecar
