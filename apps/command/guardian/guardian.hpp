// The guardian: a small process between a runner and its command. It knows until when the lease
// holds. It ends the command and everything that the command started by then, whatever state the
// runner is in, and ends them at once when the runner is gone.
//
// It is the runner's own program, executed again under a hidden argument.
#pragma once

namespace tenure::command {

/// Call it first in main(). If the hidden argument is there, this process becomes a guardian and
/// the call does not return.
void run_guardian_if_requested(int argc, char** argv);

}  // namespace tenure::command
