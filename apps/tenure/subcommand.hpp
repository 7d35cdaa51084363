// How a subcommand of `tenure` looks to main().
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

namespace tenure::apps {

/// What to do once the line is parsed: set by the callback of the subcommand that it names.
/// Returns the exit code.
using action = std::function<int()>;

/// Each adds its subcommand to `app`. They are called before the line is parsed.
void add_run_command(CLI::App& app, action& chosen, const std::vector<std::string>& command);
void add_lock_command(CLI::App& app, action& chosen, const std::vector<std::string>& command);
void add_list_command(CLI::App& app, action& chosen);
void add_help_commands(CLI::App& app, action& chosen);
void add_leader_command(CLI::App& app, action& chosen);
void add_watch_command(CLI::App& app, action& chosen);
void add_depose_command(CLI::App& app, action& chosen);
void add_agent_command(CLI::App& app, action& chosen);
void add_sidecar_command(CLI::App& app, action& chosen);

}  // namespace tenure::apps
