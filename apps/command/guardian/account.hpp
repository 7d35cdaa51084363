// The user and the groups that a command runs as.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "command/guardian/start_request.hpp"

namespace tenure::command {

struct account {
  bool sets_user = false;
  bool sets_group = false;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  ///< supplementary, if sets_user
};

/// Looks up the user and the group of a request, and gives its variables HOME, USER, LOGNAME and
/// SHELL the user's values where they have those of this process. Returns the problem, or an empty
/// text. May take long: the names may come from another machine. `texts` keeps the new variables.
std::string find_account(start_request& request, account& found, std::vector<std::string>& texts);

/// Whether this process may send signals to a process of the account that it starts.
bool may_signal(const account& who);

}  // namespace tenure::command
