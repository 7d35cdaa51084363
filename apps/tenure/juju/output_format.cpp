#include "tenure/juju/output_format.hpp"

#include <algorithm>
#include <array>
#include <tenure/toolkit/ascii.hpp>

#include "common/json.hpp"

namespace tenure::apps {
namespace {

// Plain text only if every YAML reader takes it for a string: a word that begins with a letter and
// is not a spelling of a boolean, null or number. All other text is quoted as in JSON, which is
// YAML.
std::string yaml_text(const std::string& text) {
  static constexpr std::array<std::string_view, 10> reserved{
      "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan"};
  const std::string lower = text::lower(text);
  const auto simple = [](char c) {
    return text::is_letter_or_digit(c) || c == '_' || c == '-' || c == '.' || c == '/';
  };
  const bool plain = !text.empty() && text::is_letter(text[0]) &&
                     std::ranges::all_of(text, simple) &&
                     std::ranges::find(reserved, lower) == reserved.end();
  return plain ? text : json_string(text);
}

}  // namespace

std::string format_bool(bool value, output_format format) {
  if (format == output_format::smart) return value ? "True\n" : "False\n";
  return value ? "true\n" : "false\n";
}

std::string format_value(const std::optional<std::string>& value, output_format format) {
  if (format == output_format::json) return (value ? json_string(*value) : "null") + "\n";
  if (!value) return "";
  return (format == output_format::yaml ? yaml_text(*value) : *value) + "\n";
}

std::string format_settings(const std::map<std::string, std::string>& all, output_format format) {
  std::string text;
  if (format == output_format::json) {
    for (const auto& [name, value] : all)
      text += (text.empty() ? "" : ",") + json_string(name) + ":" + json_string(value);
    return "{" + text + "}\n";
  }
  for (const auto& [name, value] : all) text += yaml_text(name) + ": " + yaml_text(value) + "\n";
  return text.empty() ? "{}\n" : text;
}

}  // namespace tenure::apps
