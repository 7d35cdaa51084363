#include "tenure-cron/schedule/planner.hpp"

#include <algorithm>

namespace tenure::cron {
namespace {

constexpr std::uint64_t most_missed = 100'000;  // the limit of the count

}  // namespace

void planner::begin(sys_seconds now) {
  next_.clear();
  for (const job& j : jobs_) next_.push_back(j.when.next_after(now, zone_));
}

// After a step forward nothing changes: the moments that were jumped over are due. After a step
// back a job may be due earlier than planned.
void planner::clock_was_set(sys_seconds now) {
  for (std::size_t i = 0; i < next_.size(); ++i)
    next_[i] = std::min(next_[i], jobs_[i].when.next_after(now, zone_));
}

std::vector<due_job> planner::take_due(sys_seconds now) {
  std::vector<due_job> due;
  for (std::size_t i = 0; i < next_.size(); ++i) {
    if (next_[i] > now) continue;
    sys_seconds tick = next_[i];
    std::uint64_t missed = 0;
    for (sys_seconds later = tick;; tick = later, ++missed) {
      later = jobs_[i].when.next_after(tick, zone_);
      if (later > now || missed == most_missed) break;
    }
    due.emplace_back(jobs_[i], tick, missed);
    next_[i] = jobs_[i].when.next_after(now, zone_);
  }
  return due;
}

sys_seconds planner::next() const {
  const auto soonest = std::min_element(next_.begin(), next_.end());
  return soonest == next_.end() ? sys_seconds::max() : *soonest;
}

}  // namespace tenure::cron
