#include "testing/manual_runtime.hpp"

#include <algorithm>

namespace tenure::testing {

void manual_clock::move_to(time_point at) noexcept { now_ = std::max(now_, at); }

std::size_t manual_loop::run_ready() {
  if (paused_) return 0;
  io_.restart();
  const std::size_t ran = io_.poll();
  return ran + timers_->heap().fire_due(timers_->now());
}

time_point manual_loop::next_timer() const noexcept {
  return paused_ ? time_point::max() : timers_->heap().next();
}

manual_runtime::manual_runtime(std::uint64_t seed)
    : clock_(std::make_shared<manual_clock>(time_point(std::chrono::hours(1)))),
      random_(runtime::seeded_random(seed)),
      main_(clock_) {}

manual_loop& manual_runtime::add_loop() {
  more_loops_.push_back(std::make_unique<manual_loop>(clock_));
  return *more_loops_.back();
}

std::shared_ptr<const runtime::environment> manual_runtime::environment() const {
  auto all = std::make_shared<runtime::environment>();
  all->executor = const_cast<manual_loop&>(main_).executor();
  all->clock = clock_;
  all->timers = main_.timers();
  all->random = random_;
  all->transport = transport_;
  all->log = log_;
  return all;
}

void manual_runtime::run_until_idle() {
  std::size_t steps = 0;
  for (;;) {
    std::size_t ran = main_.run_ready();
    // By index: a handler may add a loop.
    for (std::size_t i = 0; i < more_loops_.size(); ++i) ran += more_loops_[i]->run_ready();
    if (ran == 0) return;
    steps += ran;
    if (steps > most_steps) throw std::logic_error("the coroutines never become idle");
  }
}

time_point manual_runtime::next_timer() const noexcept {
  time_point next = main_.next_timer();
  for (const auto& loop : more_loops_) next = std::min(next, loop->next_timer());
  return next;
}

void manual_runtime::advance_to(time_point at) {
  run_until_idle();
  while (next_timer() <= at) step();
  clock_->move_to(at);
}

bool manual_runtime::step() {
  const time_point next = next_timer();
  if (next == time_point::max()) return false;
  clock_->move_to(next);
  run_until_idle();
  return true;
}

void manual_runtime::run(boost::asio::awaitable<void> task) {
  std::exception_ptr thrown;
  bool ended = false;
  boost::asio::co_spawn(io(), std::move(task), [&](std::exception_ptr e) {
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

}  // namespace tenure::testing
