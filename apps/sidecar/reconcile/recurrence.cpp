#include "sidecar/reconcile/recurrence.hpp"

#include <algorithm>

namespace tenure::sidecar {

namespace {

constexpr unsigned max_doublings = 10;

}  // namespace

void recurrence::note(time_point now) {
  in_a_row_ = in_a_row_ > 0 && now < last_ + rules_.quiet_time ? in_a_row_ + 1 : 1;
  last_ = now;
  pause_ = duration(0);
  if (in_a_row_ == 1) return;
  const unsigned doublings = std::min(in_a_row_ - 2, max_doublings);
  pause_ = std::min<duration>(rules_.first_pause * (1U << doublings), rules_.longest_pause);
}

}  // namespace tenure::sidecar
