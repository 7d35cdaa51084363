#include "common/option_sources.hpp"

#include <algorithm>
#include <cstdlib>
#include <tenure/toolkit/ascii.hpp>
#include <vector>

namespace tenure::apps {
namespace {

bool from_environment(const CLI::App& app, const CLI::Option& option) {
  const std::string variable = option.get_envname();
  const char* const value = variable.empty() ? nullptr : std::getenv(variable.c_str());
  if (value == nullptr || *value == '\0') return false;
  // What the command line has wins over the environment.
  return std::ranges::find(app.parse_order(), &option) == app.parse_order().end();
}

/// The variable of Consul's tools that the option overrides: its help ends with it.
std::string overridden_variable(const CLI::Option& option) {
  const std::string help = option.get_description();
  const std::size_t begin = help.rfind('[');
  if (begin == help.npos || !help.ends_with(']')) return {};
  return help.substr(begin + 1, help.size() - begin - 2);
}

/// Whether the option, or another one of its group, is on the command line: who writes --client-key
/// will write --client-cert.
bool by_options(const CLI::App& app, const CLI::Option& option) {
  return std::ranges::any_of(app.get_options(), [&](const CLI::Option* other) {
    return other->count() > 0 && other->get_group() == option.get_group() &&
           !overridden_variable(*other).empty();
  });
}

void replace_word(std::string& text, const std::string& word, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(word, at)) != text.npos;) {
    const std::size_t end = at + word.size();
    const char next = end < text.size() ? text[end] : ' ';
    const bool whole = !text::is_letter_or_digit(next) && next != '-' && next != '_';
    if (whole) text.replace(at, word.size(), by);
    at += whole ? by.size() : word.size();
  }
}

void forget_variables(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) option->envname("");
}

std::vector<const CLI::Validator*> checks_of(CLI::Option& option) {
  std::vector<const CLI::Validator*> found;
  try {
    for (int i = 0;; ++i) found.push_back(option.get_validator(i));
  } catch (const CLI::OptionNotFound&) {  // the only sign of the end
    return found;
  }
}

}  // namespace

std::string name_variables(const CLI::App& app, std::string message) {
  for (const CLI::Option* option : app.get_options()) {
    if (from_environment(app, *option)) {
      replace_word(message, option->get_name(), option->get_envname());
    } else if (const std::string other = overridden_variable(*option);
               !other.empty() && by_options(app, *option)) {
      replace_word(message, other, option->get_name());
    }
  }
  for (const CLI::App* command : app.get_subcommands())
    message = name_variables(*command, std::move(message));
  return message;
}

void refuse_ignored_variables(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->count() > 0 || !from_environment(app, *option)) continue;
    std::string value = std::getenv(option->get_envname().c_str());
    for (const CLI::Validator* check : checks_of(*option)) {
      const std::string problem = (*check)(value);
      if (!problem.empty()) throw CLI::ValidationError(option->get_name(), problem);
    }
  }
  for (CLI::App* command : app.get_subcommands()) refuse_ignored_variables(*command);
}

void read_only_used_variables(CLI::App& app) {
  if (CLI::Option* const help = app.get_help_ptr()) {
    help->each([](const std::string&) { throw CLI::CallForHelp(); });
    help->trigger_on_parse();  // before the variables are read
  }
  for (CLI::App* command : app.get_subcommands(nullptr)) {
    command->preparse_callback([&app](std::size_t) { forget_variables(app); });
    // With such a callback CLI11 reads its variables only if it is named.
    command->parse_complete_callback([] {});
    read_only_used_variables(*command);
  }
}

}  // namespace tenure::apps
