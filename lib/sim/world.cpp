#include "sim/world.hpp"

#include <algorithm>
#include <utility>

namespace tenure::sim {

namespace {

// What can happen at one instant before it must be a circle.
constexpr std::uint64_t most_steps_an_instant = 5'000'000;

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
    : now_(std::chrono::hours(1)), chance_(runtime::seeded_random(seed)) {}

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
    const auto told = std::exchange(quiet_, {});
    for (const auto& what : told) what();
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
    } else if (steps_ - began_instant > most_steps_an_instant) {
      wrong("L3", "the run goes round in circles without time passing");
      break;
    }
    steps_ += events_.fire_due(now_);
    drain();
  }
  if (!failed() && until != time_point::max()) now_ = std::max(now_, until);
  return done && done();
}

bool world::chance_of(double share) noexcept {
  return static_cast<double>(chance_->next() >> 11) * 0x1p-53 < share;
}

duration world::between(duration least, duration most) noexcept {
  return least + chance_->jitter(most - least + duration(1));
}

void world::wrong(const std::string& rule, const std::string& what) {
  note("judge", rule, what);
  if (verdict_.empty()) verdict_ = rule + ": " + what;
}

}  // namespace tenure::sim
