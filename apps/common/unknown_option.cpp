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

}  // namespace

std::string unknown_option(const CLI::App& app) {
  for (const std::string& word : app.remaining(true)) {
    if (word.size() < 2 || word.front() != '-' || word == "--") continue;
    const std::string typed = word.substr(0, word.find('='));
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
