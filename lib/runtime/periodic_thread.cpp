#include "runtime/periodic_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace tenure::runtime {
namespace {

/// A thread inherits the mask of its maker.
class all_signals_blocked {
 public:
  all_signals_blocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  all_signals_blocked(const all_signals_blocked&) = delete;
  all_signals_blocked& operator=(const all_signals_blocked&) = delete;
  ~all_signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

periodic_thread::periodic_thread(work what, duration interval)
    : work_(std::move(what)), interval_(interval) {
  const all_signals_blocked meanwhile;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

periodic_thread::~periodic_thread() = default;

void periodic_thread::run_soon() {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  changed_.notify_all();
}

void periodic_thread::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, interval_, [this] { return wanted_; });
      wanted_ = false;
    }
    if (!stop.stop_requested()) work_(stop);
  }
}

}  // namespace tenure::runtime
