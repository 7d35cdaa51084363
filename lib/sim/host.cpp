#include "sim/host.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace tenure::sim {

namespace {

// Later timers never fire.
constexpr duration horizon = std::chrono::hours(24 * 365);

}  // namespace

host::alarm::alarm(host& h)
    : timer([](timer& t) noexcept { static_cast<alarm&>(t).owner.fire(); }), owner(h) {}

host::host(world& its_world, std::string name, std::uint64_t seed, duration offset,
           std::int64_t rate_ppm)
    : world_(its_world),
      name_(std::move(name)),
      clock_(std::make_shared<skewed_clock>(its_world, offset, rate_ppm)),
      random_(runtime::seeded_random(seed)),
      alarm_(*this) {}

host::~host() { world_.disarm(alarm_); }

void host::arm(runtime::timer& t, time_point at) {
  heap_.arm(t, at);
  if (!firing_) rearm();
}

void host::disarm(runtime::timer& t) noexcept {
  if (!t.armed()) return;
  heap_.disarm(t);
  if (!firing_) rearm();
}

void host::rearm() {
  if (paused_ || heap_.empty() || heap_.next() > now() + horizon) {
    world_.disarm(alarm_);
    return;
  }
  const time_point at = std::max(clock_->to_true(heap_.next()), world_.now());
  if (!alarm_.armed() || alarm_.deadline() != at) world_.arm(alarm_, at);
}

void host::fire() {
  firing_ = true;
  heap_.fire_due(now());
  firing_ = false;
  rearm();
  schedule_on_step();
}

void host::pause() {
  paused_ = true;
  rearm();
}

void host::resume() {
  if (!paused_) return;
  paused_ = false;
  // Random: the timers or the network first.
  const bool timers_first = world_.chance_of(0.5);
  if (timers_first && !heap_.empty()) fire();
  const auto waiting = std::exchange(inbox_, {});
  for (const auto& what : waiting) what();
  rearm();
  schedule_on_step();
}

void host::deliver(std::function<void()> what) {
  if (paused_) {
    inbox_.push_back(std::move(what));
    return;
  }
  what();
  schedule_on_step();
}

void host::schedule_on_step() {
  if (!on_step || step_scheduled_) return;
  step_scheduled_ = true;
  world_.when_quiet([this] {
    step_scheduled_ = false;
    if (on_step) on_step();
  });
}

}  // namespace tenure::sim
