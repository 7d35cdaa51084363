#include "tenure-cron/schedule/system_wall_clock.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

sys_milliseconds system_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

// Outlives the clock while the io_context still holds the handler of its wait.
class system_wall_clock::waiter : public std::enable_shared_from_this<waiter> {
 public:
  waiter(const asio::any_io_executor& executor, system_wall_clock& owner)
      : owner_(&owner), timer_(executor) {
    const int made = ::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (made < 0)
      throw boost::system::system_error(errno, boost::system::system_category(), "timerfd_create");
    timer_.assign(made);
  }

  // Even without an alarm the timer is armed, far away: so a step of the clock is seen.
  void set(sys_seconds at) {
    itimerspec spec = {};
    const sys_seconds now = std::chrono::floor<std::chrono::seconds>(system_now());
    spec.it_value.tv_sec = std::clamp(at, now, now + 24h).time_since_epoch().count();
    const int armed = ::timerfd_settime(timer_.native_handle(),
                                        TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec,
                                        nullptr);
    // The clock was set since the timer was last armed. The call consumes that event.
    if (armed < 0 && errno == ECANCELED)
      asio::post(timer_.get_executor(), [self = shared_from_this()] { self->on_set(); });
    if (!waiting_) wait();
  }
  void close() {
    owner_ = nullptr;
    boost::system::error_code ignored;
    timer_.close(ignored);
  }

 private:
  void wait() {
    waiting_ = true;
    timer_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](boost::system::error_code e) {
                        self->waiting_ = false;
                        if (!e && self->owner_ != nullptr) self->on_readable();
                      });
  }
  void on_readable() {
    std::uint64_t times = 0;
    const auto got = ::read(timer_.native_handle(), &times, sizeof times);
    if (got < 0 && errno == ECANCELED) return on_set();
    owner_->ring();
    if (owner_ != nullptr && !waiting_) set(next_look());
  }
  void on_set() {
    if (owner_ == nullptr) return;
    owner_->was_set();
    if (owner_ != nullptr && !waiting_) set(next_look());
  }
  // Without an alarm, or for one further than a day away: ring() arms again what is not yet due.
  static sys_seconds next_look() {
    return std::chrono::floor<std::chrono::seconds>(system_now()) + 24h;
  }

  system_wall_clock* owner_;
  asio::posix::stream_descriptor timer_;
  bool waiting_ = false;
};

system_wall_clock::system_wall_clock(const asio::any_io_executor& executor,
                                     runtime::timers& timers)
    : wall_clock(timers), waiter_(std::make_shared<waiter>(executor, *this)) {
  waiter_->set(sys_seconds::max());
}

system_wall_clock::~system_wall_clock() { waiter_->close(); }

sys_milliseconds system_wall_clock::now() const { return system_now(); }

void system_wall_clock::arm(sys_seconds at) { waiter_->set(at); }

}  // namespace tenure::cron
