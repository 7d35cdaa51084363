// Which jobs are due, and when the next one will be. It reads no clock: the time is an argument.
#pragma once

#include <cstdint>
#include <vector>

#include "tenure-cron/jobs_file.hpp"
#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

/// A job that is due now.
class due_job {
 public:
  due_job(const job& w, sys_seconds t, std::uint64_t m) : what(&w), tick(t), missed(m) {}

  const job* what;
  sys_seconds tick;      ///< the latest moment at which it was due
  std::uint64_t missed;  ///< the number of its earlier moments that were missed
};

class planner {
 public:
  /// `jobs` must outlive it.
  explicit planner(const std::vector<job>& jobs) : jobs_(jobs) {}

  /// Starts anew: moments up to `now` do not count.
  void begin(sys_seconds now);
  /// Call it when the wall clock was set, forward or back.
  void clock_was_set(sys_seconds now);
  /// The jobs that became due since the last call, each at most once.
  std::vector<due_job> take_due(sys_seconds now);
  /// When the next job is due.
  sys_seconds next() const;

 private:
  const std::vector<job>& jobs_;
  std::vector<sys_seconds> next_;  // by job
};

}  // namespace tenure::cron
