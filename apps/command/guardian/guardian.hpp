// The guardian: a small process between a runner and its command. It knows until when the lease
// holds. It ends the command and everything that the command started by then, whatever state the
// runner is in, and ends them at once when the runner is gone.
//
// Guardians are forks of a zygote: the runner's own program, executed once under a hidden argument.
// It stays small and has one thread, so that a fork costs little.
#pragma once

namespace tenure::command {

/// Call it first in main(). If the hidden argument is there, this process becomes the zygote and
/// the call does not return.
void run_guardian_if_requested(int argc, char** argv);

}  // namespace tenure::command
