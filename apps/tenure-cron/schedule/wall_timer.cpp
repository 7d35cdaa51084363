#include "tenure-cron/schedule/wall_timer.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

sys_seconds wall_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

wall_timer::wall_timer(const asio::any_io_executor& executor) : timer_(executor) {
  const int made = ::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (made < 0)
    throw boost::system::system_error(errno, boost::system::system_category(), "timerfd_create");
  timer_.assign(made);
}

asio::awaitable<wall_timer::wakeup> wall_timer::wait_until(sys_seconds when) {
  itimerspec spec = {};
  spec.it_value.tv_sec = std::clamp(when, wall_now(), wall_now() + 24h).time_since_epoch().count();
  const int armed = ::timerfd_settime(timer_.native_handle(),
                                      TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr);
  // The clock was set since the last wait. The call consumes that event.
  if (armed < 0 && errno == ECANCELED) co_return wakeup::clock_set;
  const auto [error] = co_await timer_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                  asio::as_tuple(asio::use_awaitable));
  if (error) co_return wakeup::interrupted;
  std::uint64_t times = 0;
  const auto got = ::read(timer_.native_handle(), &times, sizeof times);
  co_return got < 0 && errno == ECANCELED ? wakeup::clock_set : wakeup::due;
}

void wall_timer::interrupt() { timer_.cancel(); }

}  // namespace tenure::cron
