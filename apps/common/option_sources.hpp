// Which environment variable gave an option its value.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace tenure::apps {

/// `message` with the variable in the place of each option of `app`, or of its parsed subcommand,
/// that the environment gave: "TENURE_SPAN: ..." and not "--span: ...", which the user never wrote.
std::string name_variables(const CLI::App& app, std::string message);

}  // namespace tenure::apps
