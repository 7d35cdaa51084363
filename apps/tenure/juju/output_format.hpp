// The output of the leadership tools: --format smart, yaml or json.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace tenure::apps {

enum class output_format { smart, yaml, json };

std::string format_bool(bool value, output_format format);
/// One setting, or none if it does not exist.
std::string format_value(const std::optional<std::string>& value, output_format format);
std::string format_settings(const std::map<std::string, std::string>& all, output_format format);

}  // namespace tenure::apps
