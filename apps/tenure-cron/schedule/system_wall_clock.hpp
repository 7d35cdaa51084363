// The wall clock of this machine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

#include "tenure-cron/schedule/wall_clock.hpp"

namespace tenure::cron {

/// On one timerfd(CLOCK_REALTIME), which also tells when the clock is set. Throws system_error if
/// the machine has no timer descriptor left. The destructor ends its wait in the io_context.
class system_wall_clock final : public wall_clock {
 public:
  system_wall_clock(const boost::asio::any_io_executor& executor, runtime::timers& timers);
  ~system_wall_clock() override;

  sys_milliseconds now() const override;

 private:
  class waiter;
  void arm(sys_seconds at) override;

  std::shared_ptr<waiter> waiter_;
};

}  // namespace tenure::cron
