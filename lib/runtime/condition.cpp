#include "runtime/condition.hpp"

#include "runtime/wait_list.hpp"

namespace tenure::runtime {

// A waiter completes on the executor of its own coroutine.
condition::condition(boost::asio::any_io_executor, timers& timers) : timers_(timers) {}

condition::~condition() {
  if (waiters_) waiters_->close();
}

boost::asio::awaitable<bool> condition::wait(time_point deadline) {
  if (!waiters_) waiters_ = std::make_shared<wait_list>(timers_);
  return wait_in(waiters_, deadline);
}

void condition::notify_all() noexcept {
  if (waiters_) waiters_->notify_all();
}

}  // namespace tenure::runtime
