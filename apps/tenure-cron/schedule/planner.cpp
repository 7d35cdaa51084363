#include "tenure-cron/schedule/planner.hpp"

#include <algorithm>

namespace tenure::cron {
namespace {

sys_seconds next_after(const job& j, sys_seconds t) {
  return j.when.next_after(t, *j.zone.where);
}

}  // namespace

void planner::begin(sys_seconds now) {
  next_.clear();
  for (const job& j : jobs_) next_.push_back(next_after(j, now));
}

// After a step forward nothing changes: the moments that were jumped over are due. After a step
// back a job may be due earlier than planned.
void planner::clock_was_set(sys_seconds now) {
  for (std::size_t i = 0; i < next_.size(); ++i)
    next_[i] = std::min(next_[i], next_after(jobs_[i], now));
}

std::vector<due_job> planner::take_due(sys_seconds now) {
  std::vector<due_job> due;
  for (std::size_t i = 0; i < next_.size(); ++i) {
    if (next_[i] > now) continue;
    const job& j = jobs_[i];
    const sys_seconds first = next_[i];
    const sys_seconds last = j.when.last_in(first, now, *j.zone.where).value_or(first);
    due.emplace_back(j, last, j.when.count_in(first, last, *j.zone.where));
    next_[i] = next_after(j, now);
  }
  return due;
}

sys_seconds planner::next() const {
  const auto soonest = std::min_element(next_.begin(), next_.end());
  return soonest == next_.end() ? sys_seconds::max() : *soonest;
}

}  // namespace tenure::cron
