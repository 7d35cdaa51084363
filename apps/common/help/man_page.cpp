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

// A subcommand as a section of its program's page, with the options that the program does not have.
std::string section_of(const help_command& command, const help_command& program) {
  std::string page = ".SH " + text::upper(escaped(command.last_name())) + "\n" +
                     escaped(command.about) + "\n.nf\n\n" + escaped(command.usage) + "\n.fi\n";
  for (const help_option& option : command.options) {
    const bool shared = std::ranges::any_of(program.options, [&](const help_option& other) {
      return !option.positional && other.names == option.names;
    });
    if (!shared) add_option(page, option);
  }
  if (!command.more.empty()) page += ".nf\n\n" + escaped(command.more) + "\n.fi\n";
  return page;
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
      const std::string sub_name = command.one_page ? sub.name : man_page_name(sub);
      page += ".TP\n\\fB" + escaped(sub_name) + "\\fR" + (command.one_page ? "" : "(1)") + "\n" +
              escaped(first_line(sub.about)) + "\n";
    }
  }
  if (!command.options.empty()) {
    page += ".SH OPTIONS\n";
    for (const help_option& option : command.options) add_option(page, option);
  }
  if (!command.more.empty()) page += ".SH NOTES\n.nf\n" + escaped(command.more) + "\n.fi\n";
  if (command.one_page) {
    for (const help_command& sub : command.commands) page += section_of(sub, command);
  }
  std::vector<std::string> others = command.see_also;
  if (command.name != program.name) others.push_back(program.name);
  for (const help_command& other : program.commands) {
    if (!program.one_page && other.name != command.name) others.push_back(man_page_name(other));
  }
  std::string also;
  for (const std::string& other : others)
    also += (also.empty() ? "" : ",\n") + ("\\fB" + escaped(other) + "\\fR(1)");
  return page + ".SH SEE ALSO\n" + also + "\n";
}

}  // namespace tenure::apps
