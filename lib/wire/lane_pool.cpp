#include "wire/lane_pool.hpp"

#include <algorithm>

namespace tenure::wire {

lane_pool::lane_pool(runtime::timers& timers, std::size_t limit)
    : limit_(std::max<std::size_t>(limit, 1)),
      queue_(std::make_shared<runtime::wait_list>(timers)) {}

boost::asio::awaitable<bool> lane_pool::acquire(time_point deadline) {
  if (in_use_ < limit_) {
    ++in_use_;
    co_return true;
  }
  // release() hands its slot to the first in the queue, so the slot stays counted.
  const bool given = co_await runtime::wait_in(queue_, deadline);
  co_return given;
}

void lane_pool::release() noexcept {
  if (!queue_->notify_one()) --in_use_;
}

std::unique_ptr<connection> lane_pool::take_idle() {
  while (!idle_.empty()) {
    auto last = std::move(idle_.back());
    idle_.pop_back();
    if (last->reusable()) return last;
  }
  return nullptr;
}

void lane_pool::close_idle_except(const tls_profile& current) noexcept {
  std::erase_if(idle_, [&](const auto& one) { return one->profile().get() != &current; });
}

void lane_pool::keep(std::unique_ptr<connection> used) {
  if (used->reusable()) idle_.push_back(std::move(used));
}

}  // namespace tenure::wire
