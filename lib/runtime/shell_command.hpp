// Runs a shell command and reads what it prints: for a thread that may block.
#pragma once

#include <stop_token>
#include <string>
#include <tenure/time.hpp>

namespace tenure::runtime {

struct shell_result {
  std::string output;   ///< its standard output; more than 64 KiB are a failure
  std::string failure;  ///< empty after exit status 0, or else why: "it exited with status 2"
};

/// Blocks until `/bin/sh -c command` has ended, at most for `time_limit`. The command reads
/// /dev/null, writes its errors to ours, has no other descriptors of this process, and no blocked
/// or ignored signals. Its process group is killed when it ends, prints too much, runs out of time
/// or `stop` is requested, and when this process ends first, in whatever way.
///
/// Where SIGCHLD is ignored, an outer shell reports the status: this process keeps its setting.
///
/// Started by posix_spawn, which is safe beside other threads, and unlike Asio's fork touches no
/// descriptor of a running event loop.
shell_result run_shell(const std::string& command, duration time_limit,
                       const std::stop_token& stop = {});

}  // namespace tenure::runtime
