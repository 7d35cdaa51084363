// What the status page shows of all jobs: read from the ledger while a page asks, and not more
// often than it pays.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tenure/toolkit/task_scope.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

#include "tenure-cron/http/replica_view.hpp"
#include "tenure-cron/operating/job_status.hpp"

namespace tenure::cron {

class jobs_snapshot {
 public:
  /// `view` and `timers` must outlive it.
  jobs_snapshot(boost::asio::any_io_executor executor, runtime::timers& timers,
                const replica_view& view);

  /// The newest JSON, and begins to read a newer one if this one is old:
  ///   {"host", "now_ms", "read_ms" or null, "error", "tenants": [{"name", "election", "differing",
  ///    "lanes", "led", "running", "jobs": [JOB]}]}
  /// where JOB is [name, schedule, zone, state, next or null, host, paused by, last tick or null,
  /// last outcome, took in ms, recent runs as letters, the oldest first, member].
  std::string json();
  /// Has the next call of json() read anew, also if a read is under way.
  void mark_old() noexcept {
    next_read_ = time_point::min();
    old_ = true;
  }
  boost::asio::awaitable<void> stop();

 private:
  boost::asio::awaitable<void> read();

  const boost::asio::any_io_executor executor_;
  runtime::timers& timers_;
  const replica_view& view_;
  runtime::task_scope tasks_;
  std::vector<std::string> jobs_;  ///< the JSON array of each tenant's jobs
  std::vector<std::string> ledgers_;  ///< of those tenants
  std::int64_t read_ms_ = 0;
  std::string error_;
  time_point next_read_ = time_point::min();
  bool reading_ = false;
  bool old_ = false;  ///< what is being read may have changed since
};

/// The array of the jobs of one tenant: those of the ledger, and those of the file that no leader
/// has seen yet.
std::string jobs_to_json(const std::vector<job_status>& all, const jobs_file& file);

}  // namespace tenure::cron
