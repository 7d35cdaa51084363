// Starts a command below its guardian.
#pragma once

#include <sys/types.h>

#include <string>

#include "command/guardian/account.hpp"
#include "command/guardian/lease_table.hpp"
#include "command/guardian/start_request.hpp"

namespace tenure::command {

/// What the new process becomes. All of it must live until launch() returns.
class launch_plan {
 public:
  launch_plan(start_request& r, const account& w, lease_slot& s) : request(r), who(w), slot(s) {}

  start_request& request;
  const account& who;
  lease_slot& slot;
  int streams[3] = {-1, -1, -1};  ///< its standard input, output and error
};

struct launch_result {
  pid_t pid = -1;       ///< the command, leader of a new process group
  int error = 0;        ///< an errno if it did not start
  std::string problem;  ///< what failed, if it was an option of the invocation
};

/// Returns when the program runs, or could not be started. The command gets SIGKILL when this
/// process ends. It has the three streams, no other descriptor, no blocked and no ignored signal.
launch_result launch(launch_plan& plan);

}  // namespace tenure::command
