// The interface between main() and the subcommands of `tenure`.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

namespace tenure::apps {

/// What to do after the command line is parsed. The subcommand that the user named sets it, and it
/// returns the exit code.
using action = std::function<int()>;

/// Each function adds a subcommand to `app`, before the command line is parsed. `command`: the
/// words of the command to run, which CLI11 does not parse.
void add_run_command(CLI::App& app, action& chosen, const std::vector<std::string>& command);
void add_lock_command(CLI::App& app, action& chosen, const std::vector<std::string>& command);
void add_list_command(CLI::App& app, action& chosen);
void add_help_commands(CLI::App& app, action& chosen);
void add_policy_command(CLI::App& app, action& chosen);
void add_leader_command(CLI::App& app, action& chosen);
void add_watch_command(CLI::App& app, action& chosen);
void add_depose_command(CLI::App& app, action& chosen);
void add_group_command(CLI::App& app, action& chosen);
void add_drain_command(CLI::App& app, action& chosen);
void add_undrain_command(CLI::App& app, action& chosen);
void add_move_command(CLI::App& app, action& chosen);
void add_pin_command(CLI::App& app, action& chosen);
void add_unpin_command(CLI::App& app, action& chosen);
void add_doctor_command(CLI::App& app, action& chosen);
void add_plan_command(CLI::App& app, action& chosen);
void add_agent_command(CLI::App& app, action& chosen);
void add_sidecar_command(CLI::App& app, action& chosen);

}  // namespace tenure::apps
