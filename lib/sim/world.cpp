#include "sim/world.hpp"

#include <algorithm>
#include <utility>

namespace tenure::sim {

namespace {

// More steps than this at one instant are a livelock.
constexpr std::uint64_t max_steps_per_instant = 5'000'000;

}  // namespace

class world::one_shot : public runtime::timer {
 public:
  explicit one_shot(world& its_world)
      : timer([](timer& t) noexcept {
          auto& self = static_cast<one_shot&>(t);
          const auto what = std::exchange(self.what, nullptr);
          self.world_.free_shots_.push_back(&self);
          what();
        }),
        world_(its_world) {}

  std::function<void()> what;

 private:
  world& world_;
};

world::world(std::uint64_t seed)
    : now_(std::chrono::hours(1)), random_(runtime::seeded_random(seed)) {}

world::~world() {
  for (const auto& shot : shots_) {
    events_.disarm(*shot);
    shot->what = nullptr;
  }
}

void world::at(time_point when, std::function<void()> what) {
  if (free_shots_.empty()) {
    shots_.push_back(std::make_unique<one_shot>(*this));
    free_shots_.push_back(shots_.back().get());
  }
  one_shot& shot = *free_shots_.back();
  free_shots_.pop_back();
  shot.what = std::move(what);
  events_.arm(shot, when);
}

void world::drain() {
  io_.restart();
  steps_ += io_.poll();
  while (!quiet_.empty()) {
    const auto callbacks = std::exchange(quiet_, {});
    for (const auto& what : callbacks) what();
    io_.restart();
    steps_ += io_.poll();
  }
}

bool world::run(time_point until, const std::function<bool()>& done) {
  std::uint64_t began_instant = steps_;
  drain();
  while (!failed()) {
    if (done && done()) return true;
    const time_point next = events_.next();
    if (next > until) break;
    if (next > now_) {
      now_ = next;
      began_instant = steps_;
    } else if (steps_ - began_instant > max_steps_per_instant) {
      report_violation("L3", "livelock: the run does not advance in time");
      break;
    }
    steps_ += events_.fire_due(now_);
    drain();
  }
  if (!failed() && until != time_point::max()) now_ = std::max(now_, until);
  return done && done();
}

bool world::chance_of(double share) noexcept {
  return static_cast<double>(random_->next() >> 11) * 0x1p-53 < share;
}

duration world::between(duration least, duration most) noexcept {
  return least + random_->jitter(most - least + duration(1));
}

void world::report_violation(const std::string& rule, const std::string& what) {
  note("checker", rule, what);
  if (violation_.empty()) violation_ = rule + ": " + what;
}

}  // namespace tenure::sim
