#include "election/request_turns.hpp"

namespace tenure::impl {

boost::asio::awaitable<bool> request_turns::take(time_point deadline) {
  if (free_ > 0) {
    --free_;
    co_return true;
  }
  // release() hands the turn to the first in the queue, so it stays taken.
  const bool given = co_await runtime::wait_in(queue_, deadline);
  co_return given;
}

void request_turns::release() noexcept {
  if (!queue_->notify_one()) ++free_;
}

}  // namespace tenure::impl
