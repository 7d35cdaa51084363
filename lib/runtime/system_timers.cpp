// The timers of production: one timerfd(CLOCK_BOOTTIME) drives one heap. Asio's own timers wait on
// CLOCK_MONOTONIC and would fire late after a suspend.
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstdint>
#include <boost/system/system_error.hpp>
#include <tenure/toolkit/timers.hpp>

#include "runtime/timer_heap.hpp"

namespace tenure::runtime {
namespace {

namespace asio = boost::asio;

int open_timerfd() {
  const int fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0)
    throw boost::system::system_error(errno, boost::system::system_category(), "timerfd_create");
  return fd;
}

class boot_timers final : public timers, public std::enable_shared_from_this<boot_timers> {
 public:
  explicit boot_timers(asio::any_io_executor executor)
      : descriptor_(std::move(executor), open_timerfd()) {}

  time_point now() const noexcept override { return boot_clock::now(); }

  void arm(timer& t, time_point at) override {
    heap_.arm(t, at);
    if (!firing_) update_descriptor();
  }

  void disarm(timer& t) noexcept override {
    if (!t.armed()) return;
    heap_.disarm(t);
    if (!firing_) update_descriptor();
  }

 private:
  // Makes the descriptor fire no later than the heap's next timer. It may fire earlier: a needless
  // wake-up is cheaper than a system call for every request's deadline.
  void update_descriptor() noexcept {
    if (heap_.empty()) {
      // A pending wait would keep the io_context alive.
      if (waiting_ && !cancelling_) {
        cancelling_ = true;
        boost::system::error_code ignored;
        descriptor_.cancel(ignored);
      }
      return;
    }
    if (heap_.next() < set_for_) set(heap_.next());
    if (!waiting_) wait();
  }

  void set(time_point at) noexcept {
    // An all-zero time would disarm the descriptor, a negative one is refused.
    const auto since_boot = std::max(at.time_since_epoch(), duration(1));
    const auto whole = std::chrono::floor<std::chrono::seconds>(since_boot);
    itimerspec spec{};
    spec.it_value.tv_sec = static_cast<time_t>(whole.count());
    spec.it_value.tv_nsec = static_cast<long>((since_boot - whole).count());
    ::timerfd_settime(descriptor_.native_handle(), TFD_TIMER_ABSTIME, &spec, nullptr);
    set_for_ = at;
  }

  void wait() {
    waiting_ = true;
    // Weak: a pending wait does not keep the object alive; its handler may run after the object.
    descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                           [weak = weak_from_this()](boost::system::error_code) {
                             if (const auto self = weak.lock()) self->ready();
                           });
  }

  // A wake-up and a cancellation are treated alike: the heap knows what is due.
  void ready() noexcept {
    waiting_ = false;
    cancelling_ = false;
    std::uint64_t expirations = 0;
    if (::read(descriptor_.native_handle(), &expirations, sizeof expirations) > 0)
      set_for_ = time_point::max();
    firing_ = true;
    heap_.fire_due(now());
    firing_ = false;
    update_descriptor();
  }

  asio::posix::stream_descriptor descriptor_;
  timer_heap heap_;
  time_point set_for_ = time_point::max();  // max: not set, or already fired
  bool waiting_ = false;
  bool cancelling_ = false;
  bool firing_ = false;
};

}  // namespace

std::shared_ptr<timers> system_timers(asio::any_io_executor executor) {
  return std::make_shared<boot_timers>(std::move(executor));
}

}  // namespace tenure::runtime
