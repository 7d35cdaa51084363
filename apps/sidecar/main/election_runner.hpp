// Runs one election of a sidecar: stands in it, notifies the outputs of every change, and runs
// their work as leader within each term.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <tenure/toolkit/task_scope.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

#include "sidecar/main/output.hpp"

namespace tenure::sidecar {

/// On the thread of the io_context. Ends in two steps: begin_give_up() releases the key, then
/// begin_end_outputs() lets the outputs remove what they left outside.
class election_runner final : public entered_election {
 public:
  /// `on_failure` gets the exceptions of the outputs.
  election_runner(boost::asio::any_io_executor executor, runtime::timers& timers, std::string name,
                  election handle, std::function<void(std::exception_ptr)> on_failure);
  election_runner(const election_runner&) = delete;
  election_runner& operator=(const election_runner&) = delete;

  /// Before start().
  void add(std::shared_ptr<output> o) { outputs_.push_back(std::move(o)); }
  /// Starts the outputs, then stands in the election.
  void start();
  /// Takes over a newer state of this election.
  void update(const event& e);

  /// Withdraws, ends the outputs' work as leader, and releases the key.
  void begin_give_up();
  boost::asio::awaitable<void> given_up();
  /// Ends run() of the outputs.
  void begin_end_outputs();
  boost::asio::awaitable<void> outputs_ended();

  const std::string& name() const noexcept override { return state_.name; }
  election& handle() noexcept override { return handle_; }
  const election_state& state() const noexcept override { return state_; }
  void set_healthy(const output& by, bool healthy) override;

 private:
  boost::asio::awaitable<void> run_term(term t);
  boost::asio::awaitable<void> wait_for_stop(term t);

  boost::asio::any_io_executor executor_;
  runtime::timers& timers_;
  std::function<void(std::exception_ptr)> on_failure_;
  election handle_;
  election_state state_;
  std::vector<std::shared_ptr<output>> outputs_;
  std::set<const output*> unhealthy_;  ///< the outputs that want no term
  runtime::task_scope terms_;  ///< at most one at a time
  runtime::task_scope runs_;
  term current_term_;
  boost::asio::cancellation_signal stop_;
  bool giving_up_ = false;
};

}  // namespace tenure::sidecar
