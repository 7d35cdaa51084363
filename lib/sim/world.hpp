// The simulator of a run: true time, the pending events, the random numbers and the trace. One
// thread, one io_context, one heap of events ordered by (time, sequence).
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "runtime/random_source.hpp"
#include "runtime/timer_heap.hpp"
#include "sim/probes.hpp"
#include "sim/trace.hpp"

namespace tenure::sim {

class world {
 public:
  explicit world(std::uint64_t seed);
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  ~world();

  /// True time, which no process can read. It starts at one hour.
  time_point now() const noexcept { return now_; }
  boost::asio::io_context& io() noexcept { return io_; }
  runtime::random_source& random() noexcept { return *random_; }

  void arm(runtime::timer& t, time_point at) { events_.arm(t, at); }
  void disarm(runtime::timer& t) noexcept { events_.disarm(t); }
  /// Runs `what` at that instant.
  void at(time_point when, std::function<void()> what);
  void after(duration wait, std::function<void()> what) { at(now_ + wait, std::move(what)); }

  /// Runs `what` when no handler is ready to run at this instant.
  void when_quiet(std::function<void()> what) { quiet_.push_back(std::move(what)); }

  /// Runs the events until `until`, until `done()` is true, or until a violation. True if `done()`
  /// is.
  bool run(time_point until, const std::function<bool()>& done = nullptr);

  /// True with probability `share`.
  bool chance_of(double share) noexcept;
  /// Uniform over [least, most].
  duration between(duration least, duration most) noexcept;
  std::uint64_t below(std::uint64_t bound) noexcept { return random_->below(bound); }

  void note(std::string_view who, std::string_view what, std::string_view detail = {},
            std::uint64_t a = 0, std::uint64_t b = 0) {
    trace.note(now_, {.who = who, .what = what, .detail = detail, .a = a, .b = b});
  }
  /// A rule of docs/simulation.md is violated. Keeps the first violation, which ends the run.
  void report_violation(const std::string& rule, const std::string& what);
  const std::string& violation() const noexcept { return violation_; }
  bool failed() const noexcept { return !violation_.empty(); }

  /// Events and coroutine steps so far.
  std::uint64_t steps() const noexcept { return steps_; }

  sim::trace trace;
  sim::probes probes;

 private:
  class one_shot;
  void drain();

  time_point now_;
  std::unique_ptr<runtime::random_source> random_;
  runtime::timer_heap events_;
  std::vector<std::unique_ptr<one_shot>> shots_;
  std::vector<one_shot*> free_shots_;
  std::vector<std::function<void()>> quiet_;
  std::string violation_;
  std::uint64_t steps_ = 0;
  boost::asio::io_context io_{1};
};

}  // namespace tenure::sim
