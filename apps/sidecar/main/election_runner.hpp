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
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

#include "sidecar/config/config.hpp"
#include "sidecar/main/output.hpp"

namespace tenure::sidecar {

/// On the thread of the io_context.
class election_runner final : public entered_election {
 public:
  /// `on_failure` gets the exceptions of the outputs.
  election_runner(boost::asio::any_io_executor executor, runtime::timers& timers,
                  election_config c, election handle,
                  std::function<void(std::exception_ptr)> on_failure);
  election_runner(const election_runner&) = delete;
  election_runner& operator=(const election_runner&) = delete;

  /// Before start().
  void add(std::shared_ptr<output> o) { outputs_.push_back(std::move(o)); }
  /// Before start(), for an election that a reload adds.
  void set_added() noexcept { added_ = true; }
  /// Starts the outputs, then stands in the election.
  void start();
  /// Takes over a newer state of this election.
  void update(const event& e);

  /// Begins the way out: withdraws, ends the outputs' work as leader, releases the key, and then
  /// ends run() of the outputs, which removes what they left outside. A second call may only bring
  /// the deadline forward. The deadline is for the outputs: a promise of leadership is kept beyond.
  void begin_end(time_point deadline);
  const election_config& configured() const noexcept { return config_; }
  bool ending() const noexcept { return giving_up_; }
  /// Waits for the end of the way out, until `deadline`. Whether it has ended.
  boost::asio::awaitable<bool> ended_by(time_point deadline);
  /// Kills the processes of the outputs.
  void abandon();
  /// What the outputs have not done yet: "leader-deposed not run"; empty: nothing.
  std::string unfinished() const;
  /// Whether the key is not released yet.
  bool holds_key() const noexcept { return terms_.size() > 0; }
  /// Leaves the election, after the way out. The key may be entered again then.
  boost::asio::awaitable<void> leave() { return handle_.leave(); }

  const std::string& name() const noexcept override { return state_.name; }
  election& handle() noexcept override { return handle_; }
  const election_state& state() const noexcept override { return state_; }
  void set_healthy(const output& by, bool healthy) override;
  bool giving_up() const noexcept override { return giving_up_ || term_stopping_; }
  bool added_by_reload() const noexcept override { return added_; }

 private:
  boost::asio::awaitable<void> run_term(term t);
  boost::asio::awaitable<void> wait_for_stop(term t);
  boost::asio::awaitable<void> way_out();

  boost::asio::any_io_executor executor_;
  runtime::timers& timers_;
  const election_config config_;
  std::function<void(std::exception_ptr)> on_failure_;
  election handle_;
  election_state state_;
  std::vector<std::shared_ptr<output>> outputs_;
  std::set<const output*> unhealthy_;  ///< the outputs that want no term
  runtime::task_scope terms_;  ///< at most one at a time
  runtime::task_scope runs_;
  runtime::task_scope way_out_;
  runtime::async_condition ended_changed_;
  term current_term_;
  boost::asio::cancellation_signal stop_;
  bool term_stopping_ = false;  // the work of current_term_ has to stop
  bool giving_up_ = false;      // for good
  bool ended_ = false;
  bool added_ = false;          // by a reload
};

}  // namespace tenure::sidecar
