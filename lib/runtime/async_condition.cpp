#include <tenure/toolkit/async_condition.hpp>

#include "runtime/wait_list.hpp"

namespace tenure::runtime {

async_condition::~async_condition() {
  if (waiters_) waiters_->close();
}

boost::asio::awaitable<bool> async_condition::wait(time_point deadline) {
  if (!waiters_) waiters_ = std::make_shared<wait_list>(timers_);
  return wait_in(waiters_, deadline);
}

void async_condition::notify_all() noexcept {
  if (waiters_) waiters_->notify_all();
}

}  // namespace tenure::runtime
