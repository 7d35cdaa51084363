// The world of a run: true time, everything that is to happen in it, chance, and the record of what
// happened. One thread, one io_context, one heap of events ordered by (time, sequence).
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

  /// True time, which no process knows. It begins an hour after zero.
  time_point now() const noexcept { return now_; }
  boost::asio::io_context& io() noexcept { return io_; }
  runtime::random_source& chance() noexcept { return *chance_; }

  void arm(runtime::timer& t, time_point at) { events_.arm(t, at); }
  void disarm(runtime::timer& t) noexcept { events_.disarm(t); }
  /// Runs `what` once, at that instant.
  void at(time_point when, std::function<void()> what);
  void after(duration wait, std::function<void()> what) { at(now_ + wait, std::move(what)); }

  /// Runs `what` when nothing is left to run at this instant but events.
  void when_quiet(std::function<void()> what) { quiet_.push_back(std::move(what)); }

  /// Lets everything happen until `until`, or until `done` says so, or something is found to be
  /// wrong. True where `done` did.
  bool run(time_point until, const std::function<bool()>& done = nullptr);

  /// True with probability `share`.
  bool chance_of(double share) noexcept;
  /// Even over [least, most].
  duration between(duration least, duration most) noexcept;
  std::uint64_t below(std::uint64_t bound) noexcept { return chance_->below(bound); }

  void note(std::string_view who, std::string_view what, std::string_view detail = {},
            std::uint64_t a = 0, std::uint64_t b = 0) {
    log.note(now_, who, what, detail, a, b);
  }
  /// A promise was broken. The first one counts, and ends the run.
  void wrong(const std::string& rule, const std::string& what);
  const std::string& verdict() const noexcept { return verdict_; }
  bool failed() const noexcept { return !verdict_.empty(); }

  /// Events and coroutine steps so far.
  std::uint64_t steps() const noexcept { return steps_; }

  trace log;
  probes counts;

 private:
  class one_shot;
  void drain();

  time_point now_;
  std::unique_ptr<runtime::random_source> chance_;
  runtime::timer_heap events_;
  std::vector<std::unique_ptr<one_shot>> shots_;
  std::vector<one_shot*> free_shots_;
  std::vector<std::function<void()>> quiet_;
  std::string verdict_;
  std::uint64_t steps_ = 0;
  boost::asio::io_context io_{1};
};

}  // namespace tenure::sim
