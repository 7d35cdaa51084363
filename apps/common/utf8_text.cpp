#include "common/utf8_text.hpp"

#include <algorithm>
#include <array>
#include <tenure/toolkit/utf8.hpp>

#include "common/duration.hpp"
#include "common/secret_arguments.hpp"

namespace tenure::apps {
namespace {

// Files, commands, and the settings of leader-set, which are checked with their names.
bool takes_any_bytes(const CLI::Option& option) {
  static constexpr std::array<std::string_view, 8> names{"FILE",  "FOLDER",  "DIR", "PATH",
                                                         "CHILD", "COMMAND", "ARG", "SETTING"};
  const std::string type = option.get_type_name();
  const std::string name = option.get_name(true);
  return std::ranges::any_of(names, [&](std::string_view each) {
    return type == each || name == each || name.starts_with(std::string(each) + " ");
  });
}

}  // namespace

void require_utf8(const std::string& what, std::string_view text) {
  if (text::is_utf8(text)) return;
  throw usage_error(text::with_visible_bytes(what) + " is not UTF-8" +
                    (what.find(text) == what.npos ? ": \"" + text::with_visible_bytes(text) + "\""
                                                  : "") +
                    "; encode other bytes, for example as base64");
}

void require_utf8_options(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (takes_any_bytes(*option)) continue;
    for (const std::string& text : option->results()) {
      const bool named = option->nonpositional();
      if (named && is_secret(option->get_name(), text) && !text::is_utf8(text))
        throw usage_error(option->get_name() + ": is not UTF-8 (its value is not shown)");
      require_utf8((named ? option->get_name() : option->get_name(true)) + ":", text);
    }
  }
  for (const CLI::App* command : app.get_subcommands()) require_utf8_options(*command);
}

}  // namespace tenure::apps
