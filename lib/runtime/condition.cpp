#include "runtime/condition.hpp"

#include "runtime/wait_list.hpp"

namespace tenure::runtime {

class condition::waiters : public wait_list {
 public:
  using wait_list::wait_list;
};

// A waiter completes on the executor of its own coroutine.
condition::condition(boost::asio::any_io_executor, timers& timers)
    : waiters_(std::make_shared<waiters>(timers)) {}

condition::~condition() { waiters_->close(); }

boost::asio::awaitable<bool> condition::wait(time_point deadline) {
  return wait_in(waiters_, deadline);
}

void condition::notify_all() noexcept { waiters_->notify_all(); }

}  // namespace tenure::runtime
