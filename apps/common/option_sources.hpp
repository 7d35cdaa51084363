// Which environment variables give options their values.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace tenure::apps {

/// `message` with what the user wrote: the variable in the place of each option of `app`, or of its
/// parsed subcommand, that the environment gave ("TENURE_SPAN: ..."), and the option in the place
/// of the variable of Consul's tools that it overrides ("name a PEM file in --ca-file").
std::string name_variables(const CLI::App& app, std::string message);

/// Lets `app` read only the variables of the command that runs, and none for --help. Call it before
/// the command line is parsed: CLI11 would read the variables of all commands, and a mistake in one
/// that the command does not use would be an error.
void read_only_used_variables(CLI::App& app);

/// Throws CLI::ValidationError for a variable with a value that a check of its option refuses. Call
/// it after the command line was parsed: CLI11 2.4 ignores such a value without a word.
void refuse_ignored_variables(CLI::App& app);

}  // namespace tenure::apps
