// The output files of jobs, written by a thread: a slow disk must not block the thread that renews
// the lease.
#pragma once

#include <memory>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <thread>

#include "tenure-cron/output/output_target.hpp"

namespace tenure::cron {

class output_file;

/// Those of one tenant: a disk that hangs under one tenant's files holds up no other's.
class output_files {
 public:
  explicit output_files(std::shared_ptr<log_sink> log);
  output_files(const output_files&) = delete;
  output_files& operator=(const output_files&) = delete;
  /// Waits until everything is written, for two seconds at most: a disk that hangs must not hold up
  /// the end of the process.
  ~output_files();

  /// A file for a run. The runs that name the same path share it; the file is closed when no run
  /// uses it. A file that cannot be opened or written loses the lines, with one log line.
  std::shared_ptr<output_target> open(const output_file& file);

  /// Waits until everything is written, for at most `timeout`. Returns whether it is.
  bool flush(duration timeout);

 private:
  class queue;
  class target;

  std::shared_ptr<queue> queue_;
  std::thread writer_;  // starts with the first file
};

}  // namespace tenure::cron
