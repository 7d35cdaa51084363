// The processes below this one, as the kernel lists them.
#pragma once

#include <sys/types.h>

#include <vector>

namespace tenure::command {

/// The children of all threads of `parent`. The kernel may miss one that is forked during the call:
/// to get them all, repeat until waitpid reports no child.
std::vector<pid_t> children_of(pid_t parent);

/// All processes below `parent`, each before its own children.
std::vector<pid_t> descendants_of(pid_t parent);

/// Whether a process runs: it exists, and is not a zombie.
bool is_running(pid_t pid);

}  // namespace tenure::command
