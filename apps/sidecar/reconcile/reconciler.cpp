#include "sidecar/reconcile/reconciler.hpp"

#include <algorithm>

namespace tenure::sidecar {

using namespace std::chrono_literals;

namespace {

constexpr unsigned contested_after = 3;
constexpr duration report_interval = 10min;

}  // namespace

void reconciler::wanted_changed() noexcept {
  was_in_step_ = false;
  pause_ = failures_.first;
  not_before_ = time_point::min();
}

void reconciler::in_step() noexcept {
  was_in_step_ = true;
  failing_ = false;
  pause_ = failures_.first;
}

void reconciler::failed(time_point now) noexcept {
  failing_ = true;
  not_before_ = std::max(not_before_, now + pause_);
  pause_ = std::min(pause_ * 2, failures_.longest);
}

bool reconciler::repairing(time_point now, std::uint64_t& counter) noexcept {
  ++counter;
  repairs_.note(now);
  not_before_ = repairs_.not_before();
  if (repairs_.in_a_row() > contested_after && now < last_report_ + report_interval) return false;
  last_report_ = now;
  return true;
}

bool reconciler::contested() const noexcept { return repairs_.in_a_row() >= contested_after; }

}  // namespace tenure::sidecar
