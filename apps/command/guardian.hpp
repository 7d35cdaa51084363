// The guardian: a small process between a runner and its command. It knows until when the lease
// holds, ends the command and everything that it started by then whatever state the runner is in,
// and ends them at once when the runner is gone.
//
// It is the runner's own program, executed again under a hidden argument.
#pragma once

namespace tenure::command {

/// To be called first in main(). Returns only where this process is not meant to be a guardian.
void become_guardian_if_told(int argc, char** argv);

}  // namespace tenure::command
