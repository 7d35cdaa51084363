#include "election/request_turns.hpp"

#include <string>

#include "core/util/invariant.hpp"

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
  core::must(free_ < turns_, "a turn is given back by who took it", [this] {
    return std::to_string(free_) + " of " + std::to_string(turns_) + " turns of requests free";
  });
  if (!queue_->notify_one()) ++free_;
}

}  // namespace tenure::impl
