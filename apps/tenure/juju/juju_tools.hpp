// is-leader, leader-set and leader-get, compatible with the tools of Juju's hooks: the same
// options, the same output, the same exit codes (0 success, 1 failure, 2 bad usage; errors as
// "ERROR ..." on standard error).
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace tenure::apps {

bool is_juju_tool(const std::string& name);

/// Runs the tool `name` with the words after its name. Returns its exit code.
int run_juju_tool(const std::string& name, const std::vector<std::string>& words);

/// Adds the three tools to the help of `tenure`. main() runs them by run_juju_tool().
void add_juju_tools(CLI::App& app);

}  // namespace tenure::apps
