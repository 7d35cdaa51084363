// is-leader, leader-set and leader-get, as Juju's hooks know them: the same words, the same output,
// the same exit codes (0 fine, 1 it failed, 2 usage; errors as "ERROR ..." on standard error).
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "tenure/subcommand.hpp"

namespace tenure::apps {

/// Whether that is the name of one of them.
bool is_juju_tool(const std::string& name);

/// Runs the tool `name` with the words after its name. Returns its exit code.
int run_juju_tool(const std::string& name, const std::vector<std::string>& words);

/// Adds the three to the help of `tenure`; they are run by run_juju_tool.
void add_juju_tools(CLI::App& app);

}  // namespace tenure::apps
