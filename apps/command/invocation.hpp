// What to run: a command line with its environment, folder, standard streams, user and limits.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

namespace tenure::command {

/// Which processes a stop reaches at once, and which may outlive a command that ended by itself.
/// A stop (time-out, lease, request) ends every process in the end, whatever the scope: SIGKILL
/// reaches all of them, because nothing may run after the lease.
enum class kill_scope {
  process,  ///< SIGTERM to the command only; what it started stays after its normal end
  group,    ///< SIGTERM to its process group; what left the group stays after its normal end
  tree,     ///< SIGTERM to all that it started, which ends with it, daemons included
};

/// The descriptors stay the caller's: they must live until command_host::start() has returned.
/// What it asks for and cannot get (a user, a folder, ...) is an outcome whose text names it.
class invocation {
 public:
  std::vector<std::string> argv;         ///< the first is the program, searched in PATH
  std::vector<std::string> environment;  ///< NAME=value, all of it
  std::string directory;                 ///< where to run; empty: the current folder
  int input = 0;                         ///< its standard input, output and error
  int output = 1;
  int error = 2;
  /// From SIGTERM to SIGKILL.
  duration grace = std::chrono::seconds(5);
  /// When its time-out stops it, whatever the lease allows.
  time_point stop_by = time_point::max();

  /// The user, by name or number; empty: that of this process. Of HOME, USER, LOGNAME and SHELL,
  /// those that have the values of this process become the user's.
  std::string user;
  /// The group, by name or number; empty: the user's. The supplementary groups are the user's.
  std::string group;
  std::optional<mode_t> umask;  ///< empty: that of this process
  std::optional<int> nice;      ///< -20 to 19; empty: that of this process
  kill_scope scope = kill_scope::tree;

  /// Adds the variables of this process to `environment`, without the secrets that are not in
  /// `named` (secret_variables.hpp).
  void inherit_environment(const std::vector<std::string>& named = {});
  /// Sets a variable in `environment`, in place of one of the same name.
  void set_variable(const std::string& name, const std::string& value);
};

}  // namespace tenure::command
