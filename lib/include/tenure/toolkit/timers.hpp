// Timers that are armed for an instant of the boot clock. They are intrusive: a part of the object
// that they wake. An interface, so that tests can pass timers of virtual time.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <tenure/time.hpp>

namespace tenure::runtime {

class timer_heap;

/// A timer that is a member or a base of the object that it wakes. Must be disarmed before it is
/// destroyed, and must not move while armed.
class timer {
 public:
  /// What runs when the timer is due; it gets its timer.
  using function = void (*)(timer&) noexcept;
  explicit timer(function fire) noexcept : fire_(fire) {}  ///< not armed
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer();  ///< asserts that it is not armed

  /// Whether it waits for its deadline.
  bool armed() const noexcept { return index_ != not_in_heap; }
  time_point deadline() const noexcept { return deadline_; }  ///< of the last arm()

 private:
  friend class timer_heap;
  static constexpr std::size_t not_in_heap = ~std::size_t{0};
  function fire_;
  time_point deadline_{};
  std::size_t index_ = not_in_heap;
};

/// Arms and disarms timers. One thread: the io_context's.
class timers {
 public:
  virtual ~timers() = default;
  /// The clock by which the timers fire.
  virtual time_point now() const noexcept = 0;
  /// Arms or re-arms for `at`. A timer in the past fires in the next turn of the loop, never inside
  /// this call. Timers of one instant fire in the order in which they were armed. A timer is
  /// disarmed before its function runs, and the function may arm, disarm or destroy any timer.
  virtual void arm(timer& t, time_point at) = 0;
  /// Its function is not called. No effect on a timer that is not armed.
  virtual void disarm(timer& t) noexcept = 0;
};

/// Timers on one timerfd(CLOCK_BOOTTIME): they count the time that the computer is suspended.
std::shared_ptr<timers> system_timers(boost::asio::any_io_executor executor);

/// Sleeps until `at`. Throws system_error(operation_aborted) when cancelled.
boost::asio::awaitable<void> sleep_until(timers& timers, time_point at);

}  // namespace tenure::runtime
