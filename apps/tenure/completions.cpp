// Completion for bash, zsh and fish. What is behind `--` of tenure run, and behind the prefix of
// tenure lock, is a command, and completed as one.
#include <string>

#include "tenure/help_tree.hpp"

namespace tenure::apps {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

/// For single quotes of a shell.
std::string shell_quoted(const std::string& text) {
  return "'" + replaced(text, "'", "'\\''") + "'";
}

std::string option_names(const help_command& command) {
  std::string names;
  for (const help_option& option : command.options) {
    if (option.positional) continue;
    for (const std::string& name : option.names) names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

/// Options whose value is a word of its own, and which of them is a file.
std::string valued_names(const help_command& command, bool files) {
  std::string names;
  for (const help_option& option : command.options) {
    const bool file = option.value == "FILE" || option.value == "PATH";
    if (option.positional || option.value.empty() || (files && !file)) continue;
    for (const std::string& name : option.names) names += (names.empty() ? "" : "|") + name;
  }
  return names;
}

std::string command_names(const help_command& tree) {
  std::string names;
  for (const help_command& command : tree.commands)
    names += (names.empty() ? "" : " ") + command.last_name();
  return names;
}

bool takes_files(const help_command& command) {
  for (const help_option& option : command.options) {
    const std::string& name = option.names.front();
    if (option.positional && (name == "FILE" || name == "DIR")) return true;
  }
  return false;
}

}  // namespace

std::string bash_completion(const help_command& tree) {
  std::string text = "# bash completion for tenure and its links; made from their help.\n"
                     "_tenure() {\n"
                     "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                     "  local sub=${COMP_WORDS[1]} from=2 i options= valued='' files='' more=''\n"
                     "  case ${COMP_WORDS[0]##*/} in\n"
                     "    is-leader|leader-set|leader-get) sub=${COMP_WORDS[0]##*/} from=1 ;;\n"
                     "  esac\n"
                     "  if [ \"$COMP_CWORD\" -lt \"$from\" ]; then\n"
                     "    COMPREPLY=($(compgen -W '" +
                     command_names(tree) + " " + option_names(tree) +
                     "' -- \"$cur\"))\n"
                     "    return\n"
                     "  fi\n"
                     "  for ((i = from; i < COMP_CWORD; i++)); do\n"
                     "    if [ \"$sub\" = run ] && [ \"${COMP_WORDS[i]}\" = -- ]; then\n"
                     "      COMPREPLY=($(compgen -c -f -- \"$cur\"))\n"
                     "      return\n"
                     "    fi\n"
                     "  done\n"
                     "  case $sub in\n";
  for (const help_command& command : tree.commands) {
    text += "    " + command.last_name() + ") options='" + option_names(command) + "'";
    text += " valued='" + valued_names(command, false) + "' files='" +
            valued_names(command, true) + "'";
    if (takes_files(command)) text += " more=files";
    text += " ;;\n";
  }
  text += "  esac\n"
          "  if [ -n \"$files\" ] && [[ $prev =~ ^($files)$ ]]; then\n"
          "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "  elif [ -n \"$valued\" ] && [[ $prev =~ ^($valued)$ ]]; then\n"
          "    COMPREPLY=()\n"
          "  elif [[ $cur == -* ]]; then\n"
          "    COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
          "  elif [ \"$sub\" = completion ]; then\n"
          "    COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\"))\n"
          "  elif [ -n \"$more\" ]; then\n"
          "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "  fi\n"
          "}\n"
          "complete -F _tenure tenure is-leader leader-set leader-get\n";
  return text;
}

std::string zsh_completion(const help_command& tree) {
  const auto described = [](const std::string& text) {
    return replaced(replaced(replaced(first_line(text), "[", "\\["), "]", "\\]"), ":", "\\:");
  };
  std::string text = "#compdef tenure is-leader leader-set leader-get\n"
                     "# zsh completion for tenure and its links; made from their help.\n"
                     "_tenure_sub() {\n"
                     "  case $1 in\n";
  for (const help_command& command : tree.commands) {
    text += "    " + command.last_name() + ")\n      _arguments -s";
    for (const help_option& option : command.options) {
      if (option.positional) continue;
      const bool file = option.value == "FILE" || option.value == "PATH";
      for (const std::string& name : option.names) {
        std::string spec = name + "[" + described(option.about) + "]";
        if (!option.value.empty()) spec += ":" + option.value + ":" + (file ? "_files" : "");
        text += " \\\n        " + shell_quoted(spec);
      }
    }
    if (command.last_name() == "run") text += " \\\n        '1:KEY:' '*:: :_normal'";
    if (command.last_name() == "lock") text += " \\\n        '1:PREFIX:' '*:: :_normal'";
    if (command.last_name() == "completion") text += " \\\n        '1:SHELL:(bash zsh fish)'";
    if (takes_files(command)) text += " \\\n        '*:FILE:_files'";
    text += "\n      ;;\n";
  }
  text += "  esac\n"
          "}\n"
          "_tenure() {\n"
          "  if [[ $service != tenure ]]; then\n"
          "    _tenure_sub $service\n"
          "  elif (( CURRENT == 2 )); then\n"
          "    local -a subcommands=(\n";
  for (const help_command& command : tree.commands)
    text += "      " + shell_quoted(command.last_name() + ":" + described(command.about)) + "\n";
  text += "    )\n"
          "    _describe subcommand subcommands\n"
          "  else\n"
          "    local sub=$words[2]\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    _tenure_sub $sub\n"
          "  fi\n"
          "}\n"
          "_tenure \"$@\"\n";
  return text;
}

std::string fish_completion(const help_command& tree) {
  std::string text = "# fish completion for tenure and its links; made from their help.\n"
                     "complete -c tenure -f\n";
  const auto add = [&](const std::string& start, const help_command& command) {
    for (const help_option& option : command.options) {
      if (option.positional) continue;
      text += "complete -c " + start;
      for (const std::string& name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!option.value.empty())
        text += option.value == "FILE" || option.value == "PATH" ? " -r -F" : " -x";
      text += " -d " + shell_quoted(first_line(option.about)) + "\n";
    }
  };
  for (const help_command& command : tree.commands) {
    const std::string name = command.last_name();
    text += "complete -c tenure -n __fish_use_subcommand -a " + name + " -d " +
            shell_quoted(first_line(command.about)) + "\n";
    const std::string within = "tenure -n '__fish_seen_subcommand_from " + name + "'";
    add(within, command);
    if (takes_files(command)) text += "complete -c " + within + " -F\n";
    if (name == "run" || name == "lock")
      text += "complete -c " + within + " -a '(__fish_complete_subcommand --fcs-skip=3)'\n";
    if (name == "completion") text += "complete -c " + within + " -a 'bash zsh fish'\n";
    if (name == "is-leader" || name == "leader-set" || name == "leader-get") add(name, command);
  }
  return text;
}

}  // namespace tenure::apps
