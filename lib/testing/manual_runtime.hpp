// Coroutines under virtual time: a clock that the test moves, timers on that clock, seeded random
// numbers, and event loops. It never reads a real clock, so a test runs the same way every time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "runtime/environment.hpp"
#include "runtime/timer_heap.hpp"

namespace tenure::testing {

class manual_clock final : public runtime::clock {
 public:
  explicit manual_clock(time_point start) : now_(start) {}
  time_point now() const noexcept override { return now_; }
  /// Moves the clock forward; ignores an earlier time.
  void move_to(time_point at) noexcept;

 private:
  time_point now_;
};

class manual_timers final : public runtime::timers {
 public:
  explicit manual_timers(std::shared_ptr<const runtime::clock> clock) : clock_(std::move(clock)) {}
  time_point now() const noexcept override { return clock_->now(); }
  void arm(runtime::timer& t, time_point at) override { heap_.arm(t, at); }
  void disarm(runtime::timer& t) noexcept override { heap_.disarm(t); }
  runtime::timer_heap& heap() noexcept { return heap_; }

 private:
  std::shared_ptr<const runtime::clock> clock_;
  runtime::timer_heap heap_;
};

/// One thread of the simulated world: an executor and its timers. While it is paused nothing of it
/// runs, as with a process that gets no processor: what is due runs when it resumes.
class manual_loop {
 public:
  explicit manual_loop(std::shared_ptr<const runtime::clock> clock)
      : timers_(std::make_shared<manual_timers>(std::move(clock))) {}
  manual_loop(const manual_loop&) = delete;
  manual_loop& operator=(const manual_loop&) = delete;

  boost::asio::any_io_executor executor() { return io_.get_executor(); }
  boost::asio::io_context& io() noexcept { return io_; }
  const std::shared_ptr<manual_timers>& timers() const noexcept { return timers_; }

  void pause() noexcept { paused_ = true; }
  void resume() noexcept { paused_ = false; }
  bool paused() const noexcept { return paused_; }

  /// Runs the handlers that are ready and fires the timers that are due; returns how many.
  std::size_t run_ready();
  /// When the next timer is due; time_point::max() if no timer is armed, or while it is paused.
  time_point next_timer() const noexcept;

 private:
  std::shared_ptr<manual_timers> timers_;
  bool paused_ = false;
  // Last, so that it is destroyed first: handlers in its queue may disarm timers.
  boost::asio::io_context io_{1};
};

/// Coroutines run only inside its member functions. It has a main loop, and may have more.
class manual_runtime {
 public:
  /// Virtual time starts an hour after the fictitious boot, so that a test may use earlier times.
  explicit manual_runtime(std::uint64_t seed = 1);
  manual_runtime(const manual_runtime&) = delete;
  manual_runtime& operator=(const manual_runtime&) = delete;

  /// Another loop on the same clock. It lives as long as the runtime.
  manual_loop& add_loop();
  manual_loop& main_loop() noexcept { return main_; }
  boost::asio::any_io_executor executor() { return main_.executor(); }
  boost::asio::io_context& io() noexcept { return main_.io(); }
  runtime::timers& timers() noexcept { return *main_.timers(); }
  runtime::random_source& random() noexcept { return *random_; }
  time_point now() const noexcept { return clock_->now(); }

  /// The environment for the library. Set the transport first, if it needs one.
  std::shared_ptr<const runtime::environment> environment() const;
  void set_transport(std::shared_ptr<runtime::transport> transport) {
    transport_ = std::move(transport);
  }
  void set_log(std::shared_ptr<log_sink> log) { log_ = std::move(log); }

  /// Runs all that can run at this instant, due timers included. Throws after `most_steps` steps:
  /// an endless loop in which no time passes.
  void run_until_idle();
  /// Lets time pass, from timer to timer, and runs the coroutines that they wake.
  void advance(duration by) { advance_to(now() + by); }
  void advance_to(time_point at);
  /// Jumps to the next timer and runs the coroutines that it wakes; false if no timer is armed.
  bool step();
  /// When the next timer is due; time_point::max() if no timer is armed.
  time_point next_timer() const noexcept;

  /// Runs until `done` returns true, jumping from timer to timer. Returns false if no timer is left
  /// or `patience` of virtual time has passed.
  template <class Predicate>
  bool run_until(Predicate done, duration patience = std::chrono::hours(1)) {
    const time_point limit = now() + patience;
    run_until_idle();
    while (!done()) {
      if (next_timer() > limit || !step()) return false;
    }
    return true;
  }

  /// Runs a coroutine to its end in virtual time, and returns or throws its result. Throws
  /// std::logic_error if it never ends.
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    std::exception_ptr thrown;
    std::optional<T> result;
    bool ended = false;
    boost::asio::co_spawn(io(), std::move(task), [&](std::exception_ptr e, T value) {
      thrown = std::move(e);
      if (!thrown) result.emplace(std::move(value));
      ended = true;
    });
    expect_end(ended);
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*result);
  }
  void run(boost::asio::awaitable<void> task);

  static constexpr std::size_t most_steps = 10'000'000;

 private:
  void expect_end(const bool& ended);

  std::shared_ptr<manual_clock> clock_;
  std::shared_ptr<runtime::random_source> random_;
  std::shared_ptr<runtime::transport> transport_;
  std::shared_ptr<log_sink> log_ = silent_log();
  manual_loop main_;
  std::vector<std::unique_ptr<manual_loop>> more_loops_;
};

}  // namespace tenure::testing
