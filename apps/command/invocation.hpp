// What to run: a command line with its environment, folder and standard streams.
#pragma once

#include <string>
#include <tenure/time.hpp>
#include <vector>

namespace tenure::command {

/// The descriptors stay the caller's: they must live until command_host::start() has returned.
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

  /// Adds all variables of this process to `environment`.
  void inherit_environment();
  /// Sets a variable in `environment`, in place of one of the same name.
  void set_variable(const std::string& name, const std::string& value);
};

}  // namespace tenure::command
