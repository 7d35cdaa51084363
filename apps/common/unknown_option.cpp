#include "common/unknown_option.hpp"

#include <vector>

#include "common/near_word.hpp"

namespace tenure::apps {
namespace {

void add_names(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const CLI::App* sub : app.get_subcommands()) add_names(*sub, names);
}

bool has_option(const CLI::App& app, const std::string& name) {
  return app.get_option_no_throw(name) != nullptr;
}

// The command that has an option which was given to another: "tenure leader". The one that was
// named comes first.
std::string owner_of(const CLI::App& app, const std::string& option) {
  if (has_option(app, option)) return app.get_name();
  const auto in = [&](const std::vector<const CLI::App*>& commands) {
    for (const CLI::App* command : commands) {
      const std::string found = owner_of(*command, option);
      if (!found.empty()) return app.get_name() + ' ' + found;
    }
    return std::string();
  };
  std::vector<const CLI::App*> named;
  for (const CLI::App* command : app.get_subcommands()) named.push_back(command);
  const std::string found = in(named);
  return found.empty() ? in(app.get_subcommands([](const CLI::App*) { return true; })) : found;
}

}  // namespace

std::string unknown_option(const CLI::App& app) {
  for (const std::string& word : app.remaining(true)) {
    if (word.size() < 2 || word.front() != '-' || word == "--") continue;
    const std::string typed = word.substr(0, word.find('='));
    if (const std::string owner = owner_of(app, typed); !owner.empty())
      return typed + " is an option of " + owner + ": write it there";
    std::vector<std::string> names;
    add_names(app, names);
    std::vector<const char*> words;
    for (const std::string& name : names) words.push_back(name.c_str());
    const std::string meant = nearest_word(typed, words);
    return "there is no option " + typed + (meant.empty() ? "" : "; did you mean " + meant + "?");
  }
  return {};
}

std::string unexpected_words(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  if (words.empty()) return {};
  std::string text = words.size() == 1 ? "this word was not expected:"
                                       : "these words were not expected:";
  for (const std::string& word : words) text += ' ' + word;
  return text;
}

}  // namespace tenure::apps
