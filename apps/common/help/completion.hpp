// Completion scripts for bash, zsh and fish.
#pragma once

#include <string>

#include "common/help/help_tree.hpp"

namespace tenure::apps {

/// The completion script of `program` for a shell: "bash", "zsh" or "fish". Throws usage_error for
/// any other shell.
std::string completion(const help_command& program, const std::string& shell);

}  // namespace tenure::apps
