// A timer on the wall clock that also wakes when that clock is set.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

/// One wait at a time.
class wall_timer {
 public:
  explicit wall_timer(const boost::asio::any_io_executor& executor);

  enum class wakeup { due, clock_set, interrupted };
  boost::asio::awaitable<wakeup> wait_until(sys_seconds when);
  /// Ends the current wait.
  void interrupt();

 private:
  boost::asio::posix::stream_descriptor timer_;
};

sys_seconds wall_now();

}  // namespace tenure::cron
