// Waits for a moment of the wall clock, and notices when that clock is set.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "tenure-cron/zone.hpp"

namespace tenure::cron {

/// One wait at a time.
class wall_timer {
 public:
  explicit wall_timer(const boost::asio::any_io_executor& executor);

  enum class woken { due, clock_set, interrupted };
  boost::asio::awaitable<woken> wait_until(sys_seconds when);
  /// Ends the wait that is under way.
  void interrupt();

 private:
  boost::asio::posix::stream_descriptor timer_;
};

sys_seconds wall_now();

}  // namespace tenure::cron
