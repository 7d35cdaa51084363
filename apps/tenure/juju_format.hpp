// How the leadership tools print: --format smart, yaml or json.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace tenure::apps {

enum class output_format { smart, yaml, json };

std::string format_truth(bool truth, output_format how);
/// One setting; nothing where there is no such.
std::string format_value(const std::optional<std::string>& value, output_format how);
std::string format_settings(const std::map<std::string, std::string>& all, output_format how);

}  // namespace tenure::apps
