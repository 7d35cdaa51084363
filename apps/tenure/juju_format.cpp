#include "tenure/juju_format.hpp"

#include <algorithm>
#include <array>

#include "common/json.hpp"
#include "text/ascii.hpp"

namespace tenure::apps {
namespace {

// Plain text that every reader of YAML takes for a text: a word that begins with a letter and is no
// truth, null or number in disguise. Everything else is quoted, as JSON, which YAML reads as well.
std::string yaml_text(const std::string& text) {
  static constexpr std::array<std::string_view, 10> other{"true", "false", "yes", "no", "on",
                                                          "off",  "null",  "y",   "n",  "nan"};
  const std::string small = text::lower(text);
  const auto simple = [](char c) {
    return text::is_letter_or_digit(c) || c == '_' || c == '-' || c == '.' || c == '/';
  };
  const bool plain = !text.empty() && text::is_letter(text[0]) &&
                     std::ranges::all_of(text, simple) &&
                     std::ranges::find(other, small) == other.end();
  return plain ? text : json_string(text);
}

}  // namespace

std::string format_truth(bool truth, output_format how) {
  if (how == output_format::smart) return truth ? "True\n" : "False\n";
  return truth ? "true\n" : "false\n";
}

std::string format_value(const std::optional<std::string>& value, output_format how) {
  if (how == output_format::json) return (value ? json_string(*value) : "null") + "\n";
  if (!value) return "";
  return (how == output_format::yaml ? yaml_text(*value) : *value) + "\n";
}

std::string format_settings(const std::map<std::string, std::string>& all, output_format how) {
  std::string text;
  if (how == output_format::json) {
    for (const auto& [name, value] : all)
      text += (text.empty() ? "" : ",") + json_string(name) + ":" + json_string(value);
    return "{" + text + "}\n";
  }
  for (const auto& [name, value] : all) text += yaml_text(name) + ": " + yaml_text(value) + "\n";
  return text.empty() ? "{}\n" : text;
}

}  // namespace tenure::apps
