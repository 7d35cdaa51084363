// Which jobs are due, and when to look again. Pure: it is told what time it is.
#pragma once

#include <cstdint>
#include <vector>

#include "tenure-cron/jobs_file.hpp"
#include "tenure-cron/zone.hpp"

namespace tenure::cron {

/// A job that is due now.
class due_job {
 public:
  due_job(const job& w, sys_seconds t, std::uint64_t m) : what(&w), tick(t), missed(m) {}

  const job* what;
  sys_seconds tick;      ///< the latest moment at which it was due
  std::uint64_t missed;  ///< how many such moments before that went by: we looked too late
};

class planner {
 public:
  /// Both have to outlive it.
  planner(const std::vector<job>& jobs, const zone& where) : jobs_(jobs), zone_(where) {}

  /// Nothing is due that was due until `now`.
  void begin(sys_seconds now);
  /// The wall clock was set, forward or back.
  void clock_was_set(sys_seconds now);
  /// What is due; each job at most once, however long nobody looked.
  std::vector<due_job> take_due(sys_seconds now);
  /// When the next job is due.
  sys_seconds next() const;

 private:
  const std::vector<job>& jobs_;
  const zone& zone_;
  std::vector<sys_seconds> next_;  // one a job
};

}  // namespace tenure::cron
