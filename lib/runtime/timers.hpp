// The timer seam: intrusive timers, armed for an instant of the boot clock.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <tenure/time.hpp>

namespace tenure::runtime {

class timer_heap;

/// A timer that lives inside whatever it wakes. Must be disarmed before it is destroyed, and must
/// not move while armed.
class timer {
 public:
  using function = void (*)(timer&) noexcept;
  explicit timer(function fire) noexcept : fire_(fire) {}
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer();  ///< asserts that it is not armed

  bool armed() const noexcept { return place_ != nowhere; }
  time_point deadline() const noexcept { return deadline_; }

 private:
  friend class timer_heap;
  static constexpr std::size_t nowhere = ~std::size_t{0};
  function fire_;
  time_point deadline_{};
  std::size_t place_ = nowhere;
};

/// Arms and disarms timers. The timers' own thread only (the io_context's).
class timers {
 public:
  virtual ~timers() = default;
  /// Same clock as the timers fire by.
  virtual time_point now() const noexcept = 0;
  /// (Re)arms for `at`; an instant in the past fires at the next turn of the loop, never inside
  /// this call. Timers of one instant fire in the order in which they were armed. The timer is
  /// disarmed before its function runs, and the function may arm, disarm or destroy any timer.
  virtual void arm(timer& t, time_point at) = 0;
  virtual void disarm(timer& t) noexcept = 0;
};

/// Sleeps until `at`. Throws system_error(operation_aborted) when cancelled.
boost::asio::awaitable<void> sleep_until(timers& timers, time_point at);

}  // namespace tenure::runtime
