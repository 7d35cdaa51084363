// Commands under virtual time: they start no process, and end when the test calls exit() or end().
#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <tenure/toolkit/async_condition.hpp>
#include <utility>
#include <vector>

#include "command/supervised_command.hpp"
#include "testing/manual_runtime.hpp"

namespace tenure::test {

using testing::manual_runtime;

class fake_command final : public command::supervised_command {
 public:
  fake_command(manual_runtime& rt, command::invocation w, command::lease_times l)
      : what(std::move(w)), lease(l), changed_(rt.timers()) {}

  void set_lease(command::lease_times l) noexcept override { lease = l; }
  void signal(int) noexcept override {}
  void stop(command::stop_cause why) noexcept override { request_stop(why); }
  void kill() noexcept override { request_stop(command::stop_cause::kill); }
  boost::asio::awaitable<command::outcome> gone() override {
    while (!gone_) co_await changed_.wait();
    co_return how_;
  }
  bool is_gone() const noexcept override { return gone_; }
  int pid() const noexcept override { return 1; }

  void end(command::outcome how) {
    how_ = how;
    how_.cause = cause_;
    gone_ = true;
    changed_.notify_all();
  }
  void exit(int status) { end(command::outcome(command::outcome::kind::exited, status)); }
  /// A variable of its environment; "(none)" if it is not set.
  std::string variable(const std::string& name) const {
    for (const std::string& each : what.environment) {
      if (each.starts_with(name + "=")) return each.substr(name.size() + 1);
    }
    return "(none)";
  }

  const command::invocation what;
  command::lease_times lease;
  bool stop_requested = false;

 private:
  void request_stop(command::stop_cause why) {
    if (!std::exchange(stop_requested, true)) cause_ = why;
  }

  command::stop_cause cause_ = command::stop_cause::none;
  runtime::async_condition changed_;
  command::outcome how_;
  bool gone_ = false;
};

class fake_host final : public command::command_host {
 public:
  explicit fake_host(manual_runtime& rt) : rt_(rt), executor_(rt.executor()) {}

  std::shared_ptr<command::supervised_command> start(const command::invocation& what,
                                                     command::lease_times lease) override {
    started.push_back(std::make_shared<fake_command>(rt_, what, lease));
    return started.back();
  }
  const boost::asio::any_io_executor& executor() const noexcept override { return executor_; }

  fake_command& last() { return *started.at(started.size() - 1); }

  std::vector<std::shared_ptr<fake_command>> started;

 private:
  manual_runtime& rt_;
  boost::asio::any_io_executor executor_;
};

}  // namespace tenure::test
