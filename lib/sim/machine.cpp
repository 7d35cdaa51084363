#include "sim/machine.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace tenure::sim {

namespace {

constexpr std::int64_t million = 1'000'000;
// Timers beyond this are for ever.
constexpr duration horizon = std::chrono::hours(24 * 365);

}  // namespace

time_point skewed_clock::local(time_point true_time) const noexcept {
  const std::int64_t t = true_time.time_since_epoch().count();
  // In two parts, so that nothing overflows: rates are below a tenth.
  const std::int64_t drift = t / million * rate_ppm_ + t % million * rate_ppm_ / million;
  return time_point(duration(t + drift) + offset_);
}

time_point skewed_clock::to_true(time_point local_time) const noexcept {
  const std::int64_t wanted = (local_time.time_since_epoch() - offset_).count();
  const std::int64_t rate = million + rate_ppm_;
  std::int64_t t = wanted / rate * million + wanted % rate * million / rate;
  // Rounding: at most a few nanoseconds off.
  while (local(time_point(duration(t))) >= local_time) --t;
  while (local(time_point(duration(t))) < local_time) ++t;
  return time_point(duration(t));
}

machine::alarm::alarm(machine& m)
    : timer([](timer& t) noexcept { static_cast<alarm&>(t).owner.fire(); }), owner(m) {}

machine::machine(world& its_world, std::string name, std::uint64_t seed, duration offset,
                 std::int64_t rate_ppm)
    : world_(its_world),
      name_(std::move(name)),
      clock_(std::make_shared<skewed_clock>(its_world, offset, rate_ppm)),
      random_(runtime::seeded_random(seed)),
      alarm_(*this) {}

machine::~machine() { world_.disarm(alarm_); }

void machine::arm(runtime::timer& t, time_point at) {
  heap_.arm(t, at);
  if (!firing_) follow();
}

void machine::disarm(runtime::timer& t) noexcept {
  if (!t.armed()) return;
  heap_.disarm(t);
  if (!firing_) follow();
}

void machine::follow() {
  if (paused_ || heap_.empty() || heap_.next() > now() + horizon) {
    world_.disarm(alarm_);
    return;
  }
  const time_point at = std::max(clock_->to_true(heap_.next()), world_.now());
  if (!alarm_.armed() || alarm_.deadline() != at) world_.arm(alarm_, at);
}

void machine::fire() {
  firing_ = true;
  heap_.fire_due(now());
  firing_ = false;
  follow();
  note_step();
}

void machine::pause() {
  paused_ = true;
  follow();
}

void machine::resume() {
  if (!paused_) return;
  paused_ = false;
  // Whether the network or the timers come first is chance.
  const bool timers_first = world_.chance_of(0.5);
  if (timers_first && !heap_.empty()) fire();
  const auto waiting = std::exchange(inbox_, {});
  for (const auto& what : waiting) what();
  follow();
  note_step();
}

void machine::deliver(std::function<void()> what) {
  if (paused_) {
    inbox_.push_back(std::move(what));
    return;
  }
  what();
  note_step();
}

void machine::note_step() {
  if (!stepped || !step_told_) return;
  step_told_ = false;
  world_.when_quiet([this] {
    step_told_ = true;
    if (stepped) stepped();
  });
}

}  // namespace tenure::sim
