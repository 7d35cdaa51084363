// tenure sidecar: stands in elections, and tells them to what runs beside it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <exception>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "command/process_host.hpp"
#include "runtime/async_condition.hpp"
#include "runtime/environment.hpp"
#include "runtime/task_scope.hpp"
#include "sidecar/config.hpp"
#include "sidecar/contender.hpp"

namespace tenure::sidecar {

class sidecar {
 public:
  /// Makes all that the configuration names; addresses are listened on. Throws fatal_error.
  sidecar(boost::asio::io_context& io, config c, std::shared_ptr<log_sink> log);

  /// Until a signal, or what cannot go on. Then exit_code() is known, and whatever was not 0 has
  /// been said on standard error.
  boost::asio::awaitable<void> run();
  int exit_code() const noexcept { return exit_code_; }

 private:
  boost::asio::awaitable<void> follow();
  boost::asio::awaitable<void> watch_for_refusal();
  boost::asio::awaitable<void> end_orderly();
  boost::asio::awaitable<void> take_signals();
  void enter(const election_config& e);
  void failed(std::exception_ptr why);
  void fail(int exit_code, const std::string& text);

  boost::asio::io_context& io_;
  config config_;
  std::shared_ptr<log_sink> log_;
  std::shared_ptr<runtime::timers> timers_;
  elections elections_;
  command::process_host commands_;
  surroundings surroundings_;
  std::vector<std::shared_ptr<part>> parts_;
  std::vector<std::unique_ptr<contender>> contenders_;
  std::unordered_map<std::string, contender*> by_key_;
  runtime::async_condition ending_;
  runtime::task_scope part_runs_;
  runtime::task_scope tasks_;
  boost::asio::signal_set signals_;
  bool end_ = false;
  int exit_code_ = 0;
};

}  // namespace tenure::sidecar
