#include "common/help/man_page.hpp"

#include <algorithm>
#include <string>
#include <tenure/toolkit/ascii.hpp>

namespace tenure::apps {
namespace {

/// Text for roff, without escapes or requests.
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

std::string man_page_name(const help_command& command) {
  const std::string last = command.last_name();
  if (last == "is-leader" || last == "leader-set" || last == "leader-get") return last;
  std::string name = command.name;
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string man_page(const help_command& command, const help_command& program,
                     const std::string& version) {
  const std::string name = man_page_name(command);
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
      page += ".TP\n\\fB" + escaped(man_page_name(sub)) + "\\fR(1)\n" +
              escaped(first_line(sub.about)) + "\n";
    }
  }
  if (!command.options.empty()) {
    page += ".SH OPTIONS\n";
    for (const help_option& option : command.options) add_option(page, option);
  }
  if (!command.more.empty()) page += ".SH NOTES\n.nf\n" + escaped(command.more) + "\n.fi\n";
  std::vector<std::string> others = command.see_also;
  if (command.name != program.name) others.push_back(program.name);
  for (const help_command& other : program.commands) {
    if (other.name != command.name) others.push_back(man_page_name(other));
  }
  std::string also;
  for (const std::string& other : others)
    also += (also.empty() ? "" : ",\n") + ("\\fB" + escaped(other) + "\\fR(1)");
  return page + ".SH SEE ALSO\n" + also + "\n";
}

}  // namespace tenure::apps
