// Man pages in roff (man(7)).
#include <algorithm>
#include <string>

#include "common/help_tree.hpp"
#include "text/ascii.hpp"

namespace tenure::apps {
namespace {

/// Text for roff: nothing of it is an escape or a request.
std::string escaped(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    line_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

/// The name of a page: "tenure-run", and the links' own.
std::string page_of(const std::string& command) {
  std::string name = command;
  std::ranges::replace(name, ' ', '-');
  const bool link = name == "tenure-is-leader" || name == "tenure-leader-set" ||
                    name == "tenure-leader-get";
  return link ? name.substr(7) : name;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void add_option(std::string& page, const help_option& option) {
  page += ".TP\n";
  std::string names;
  for (const std::string& name : option.names) {
    const std::string bold = option.positional ? "\\fI" : "\\fB";
    names += (names.empty() ? "" : ", ") + bold + escaped(name) + "\\fR";
  }
  page += names + (option.value.empty() ? "" : " \\fI" + escaped(option.value) + "\\fR") + "\n";
  page += (option.about.empty() ? "\\&" : escaped(option.about)) + "\n";
}

}  // namespace

std::string man_page(const help_command& command, const help_command& tree,
                     const std::string& version) {
  const std::string name = page_of(command.name);
  std::string page = ".TH " + text::upper(escaped(name)) + " 1 \"\" \"tenure " + escaped(version) +
                     "\" \"tenure\"\n.SH NAME\n" + escaped(name) + " \\- " +
                     escaped(first_line(command.about)) + "\n.SH SYNOPSIS\n" +
                     escaped(command.usage) + "\n";
  const std::size_t rest = command.about.find('\n');
  if (rest != std::string::npos) {
    page += ".SH DESCRIPTION\n.nf\n" + escaped(command.about.substr(rest + 1)) + "\n.fi\n";
  }
  if (!command.commands.empty()) {
    page += ".SH COMMANDS\n";
    for (const help_command& sub : command.commands) {
      page += ".TP\n\\fB" + escaped(page_of(sub.name)) + "\\fR(1)\n" +
              escaped(first_line(sub.about)) + "\n";
    }
  }
  if (!command.options.empty()) {
    page += ".SH OPTIONS\n";
    for (const help_option& option : command.options) add_option(page, option);
  }
  if (!command.more.empty()) page += ".SH NOTES\n.nf\n" + escaped(command.more) + "\n.fi\n";
  std::vector<std::string> others = command.see_also;
  if (command.name != tree.name) others.push_back(tree.name);
  for (const help_command& other : tree.commands) {
    if (other.name != command.name) others.push_back(page_of(other.name));
  }
  std::string also;
  for (const std::string& other : others)
    also += (also.empty() ? "" : ",\n") + ("\\fB" + escaped(other) + "\\fR(1)");
  return page + ".SH SEE ALSO\n" + also + "\n";
}

}  // namespace tenure::apps
