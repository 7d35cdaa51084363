#include "sidecar/consul_service/repair_backoff.hpp"

#include <algorithm>

namespace tenure::sidecar {

using namespace std::chrono_literals;

namespace {

constexpr duration quiet_time = 1min;
constexpr duration first_pause = 250ms;
constexpr duration longest_pause = 10s;
constexpr unsigned max_doublings = 6;
constexpr unsigned contested_after = 3;

}  // namespace

void repair_backoff::note_repair(time_point now) {
  repairs_ = now < last_ + quiet_time ? repairs_ + 1 : 1;
  last_ = now;
  const unsigned doublings = std::min(repairs_ - 1, max_doublings);
  const duration pause = std::min<duration>(first_pause * (1U << doublings), longest_pause);
  not_before_ = repairs_ == 1 ? now : now + pause;
}

bool repair_backoff::contested() const noexcept { return repairs_ >= contested_after; }

}  // namespace tenure::sidecar
