#include "tenure-cron/running/start_turns.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace tenure::cron {

namespace asio = boost::asio;

asio::awaitable<void> start_turns::next() {
  runtime::async_condition mine(timers_);
  bool called = false;
  waiting_.push_back(waiter{&mine, &called});
  schedule();
  while (!called) co_await mine.wait();
}

// A post goes to the end of the loop's queue: what was ready before, and the timers and sockets,
// come first.
void start_turns::schedule() {
  if (std::exchange(scheduled_, true)) return;
  asio::post(executor_, [this] { give_turn(); });
}

void start_turns::give_turn() {
  scheduled_ = false;
  if (waiting_.empty()) return;
  const waiter next = waiting_.front();
  waiting_.pop_front();
  *next.called = true;
  next.condition->notify_all();
  if (!waiting_.empty()) schedule();
}

}  // namespace tenure::cron
