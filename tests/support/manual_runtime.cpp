#include "support/manual_runtime.hpp"

#include <algorithm>

namespace tenure::test {

void manual_clock::move_to(time_point at) noexcept { now_ = std::max(now_, at); }

manual_runtime::manual_runtime(std::uint64_t seed)
    : clock_(std::make_shared<manual_clock>(time_point(std::chrono::hours(1)))),
      timers_(std::make_shared<manual_timers>(clock_)),
      random_(runtime::seeded_random(seed)) {}

std::shared_ptr<const runtime::environment> manual_runtime::environment() const {
  auto all = std::make_shared<runtime::environment>();
  all->executor = const_cast<boost::asio::io_context&>(io_).get_executor();
  all->clock = clock_;
  all->timers = timers_;
  all->random = random_;
  all->transport = transport_;
  all->log = log_;
  return all;
}

void manual_runtime::run_until_idle() {
  std::size_t steps = 0;
  for (;;) {
    io_.restart();
    const std::size_t ran = io_.poll();
    const std::size_t fired = timers_->heap().fire_due(now());
    if (ran == 0 && fired == 0) return;
    steps += ran + fired;
    if (steps > most_steps) throw std::logic_error("the coroutines never become idle");
  }
}

void manual_runtime::advance_to(time_point at) {
  run_until_idle();
  while (next_timer() <= at) step();
  clock_->move_to(at);
}

bool manual_runtime::step() {
  if (timers_->heap().empty()) return false;
  clock_->move_to(next_timer());
  run_until_idle();
  return true;
}

void manual_runtime::run(boost::asio::awaitable<void> task) {
  std::exception_ptr thrown;
  bool ended = false;
  boost::asio::co_spawn(io_, std::move(task), [&](std::exception_ptr e) {
    thrown = std::move(e);
    ended = true;
  });
  expect_end(ended);
  if (thrown) std::rethrow_exception(thrown);
}

void manual_runtime::expect_end(const bool& ended) {
  if (!run_until([&] { return ended; }, std::chrono::hours(24 * 365)))
    throw std::logic_error("the coroutine never ends");
}

}  // namespace tenure::test
