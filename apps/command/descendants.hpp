// The processes below this one, as the kernel lists them.
#pragma once

#include <sys/types.h>

#include <vector>

namespace tenure::command {

/// The children of `parent`, of all its threads. The kernel may miss one that is forked meanwhile:
/// whoever wants them all asks again until waitpid says that there is none.
std::vector<pid_t> children_of(pid_t parent);

/// Everything below `parent`, parents before their children.
std::vector<pid_t> descendants_of(pid_t parent);

}  // namespace tenure::command
