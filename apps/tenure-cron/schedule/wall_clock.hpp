// The wall clock of a process, and alarms on it. An interface: tests and the simulation set theirs.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/timers.hpp>

#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

class wall_alarm;

/// One for all lanes of a process, on the thread of its io_context. It must outlive its alarms.
class wall_clock {
 public:
  /// `timers`: must outlive it.
  explicit wall_clock(runtime::timers& timers) noexcept : timers_(timers) {}
  wall_clock(const wall_clock&) = delete;
  wall_clock& operator=(const wall_clock&) = delete;
  virtual ~wall_clock() = default;

  virtual sys_milliseconds now() const = 0;
  sys_seconds now_seconds() const {
    return std::chrono::floor<std::chrono::seconds>(now());
  }

 protected:
  /// Asks the implementation to call ring() when now() has reached `at`, which replaces the moment
  /// of an earlier call; sys_seconds::max(): never.
  virtual void arm(sys_seconds at) = 0;
  /// Wakes the alarms that are due, and arms the next one.
  void ring();
  /// The clock was set, forward or back: wakes all alarms.
  void was_set();

 private:
  friend class wall_alarm;
  void arm_next();

  runtime::timers& timers_;
  std::multimap<sys_seconds, wall_alarm*> alarms_;
  sys_seconds armed_ = sys_seconds::max();
  std::uint64_t sets_ = 0;  // how often the clock was set
};

/// What one lane waits by. One wait at a time.
class wall_alarm {
 public:
  explicit wall_alarm(wall_clock& clock) noexcept
      : clock_(clock), changed_(clock.timers_), sets_seen_(clock.sets_) {}
  wall_alarm(const wall_alarm&) = delete;
  wall_alarm& operator=(const wall_alarm&) = delete;
  ~wall_alarm() { leave(); }

  enum class wakeup { due, clock_set, interrupted };
  /// Waits until the clock shows `when`, or is set, or interrupt() is called; at once if one of
  /// them has happened since the last wait. Throws operation_aborted when cancelled.
  boost::asio::awaitable<wakeup> wait_until(sys_seconds when);
  /// Ends the current wait, or else the next one.
  void interrupt() noexcept;

 private:
  friend class wall_clock;
  bool ready() const noexcept;
  void enter(sys_seconds when);
  void leave() noexcept;

  wall_clock& clock_;
  runtime::async_condition changed_;
  std::multimap<sys_seconds, wall_alarm*>::iterator place_;
  bool waiting_ = false;  // place_ is valid
  std::uint64_t sets_seen_;
  bool due_ = false;
  bool interrupted_ = false;
};

}  // namespace tenure::cron
