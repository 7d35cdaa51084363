// There are two forms for each shell: for tenure, and for a program that works without a
// subcommand, whether it has some or not. The words after `--` of tenure run, and after the prefix
// of tenure lock, complete as a command line.
#include "common/help/completion.hpp"

#include "common/duration.hpp"

namespace tenure::apps {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

/// A word in single quotes, for a shell.
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

bool is_file(const help_option& option) {
  return option.value == "FILE" || option.value == "FOLDER" || option.value == "PATH";
}

constexpr const char* shells = "bash zsh fish";

enum class value_kind { any, file };

/// The names of the options that take a value of this kind.
std::string valued_names(const help_command& command, value_kind kind) {
  std::string names;
  for (const help_option& option : command.options) {
    if (option.positional || option.value.empty()) continue;
    if (kind == value_kind::file && !is_file(option)) continue;
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

/// The name of the shell function that completes a program.
std::string function_of(const help_command& program) {
  return "_" + replaced(program.name, "-", "_");
}

// -- bash ----------------------------------------------------------------------------------------

/// Assigns the variables that bash_choice reads.
std::string bash_variables(const help_command& command) {
  return "options='" + option_names(command) +
         "' valued='" + valued_names(command, value_kind::any) +
         "' files='" + valued_names(command, value_kind::file) + "'" +
         (takes_files(command) ? " more=files" : "");
}

/// Sets COMPREPLY for the current word. `shell_expected`: a condition for a word that is a shell.
std::string bash_choice(const std::string& shell_expected) {
  return "  if " + shell_expected + "; then\n"
         "    COMPREPLY=($(compgen -W '" + shells + "' -- \"$cur\"))\n"
         "  elif [ -n \"$files\" ] && [[ $prev =~ ^($files)$ ]]; then\n"
         "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
         "  elif [ -n \"$valued\" ] && [[ $prev =~ ^($valued)$ ]]; then\n"
         "    COMPREPLY=()\n"
         "  elif [[ $cur == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
         "  elif [ -n \"$more\" ]; then\n"
         "    COMPREPLY=($(compgen -f -W \"$subs\" -- \"$cur\"))\n"
         "  fi\n"
         "}\n";
}

/// The variables of the subcommand that is the first word; or else the subcommands that it may be.
std::string bash_subcommands(const help_command& program) {
  if (program.commands.empty()) return "";
  std::string text = "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    subs='" + command_names(program) +
                     "'\n  else\n    case ${COMP_WORDS[1]} in\n";
  for (const help_command& command : program.commands)
    text += "      " + command.last_name() + ") more=''; " + bash_variables(command) + " ;;\n";
  return text + "    esac\n  fi\n";
}

std::string bash_of_program(const help_command& program) {
  const std::string function = function_of(program);
  return "# bash completion for " + program.name + ", made from its help.\n" + function +
         "() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} more='' subs=''\n"
         "  local " + bash_variables(program) + "\n" + bash_subcommands(program) +
         bash_choice("[ \"$prev\" = --completion ]") +
         "complete -F " + function + " " + program.name + "\n";
}

// -- zsh -----------------------------------------------------------------------------------------

std::string zsh_described(const std::string& text) {
  return replaced(replaced(replaced(first_line(text), "[", "\\["), "]", "\\]"), ":", "\\:");
}

/// The arguments of _arguments.
std::string zsh_arguments(const help_command& command) {
  std::string text;
  for (const help_option& option : command.options) {
    if (option.positional) continue;
    for (const std::string& name : option.names) {
      std::string spec = name + "[" + zsh_described(option.about) + "]";
      if (!option.value.empty()) spec += ":" + option.value + ":";
      if (is_file(option)) spec += "_files";
      if (option.value == "SHELL") spec += std::string("(") + shells + ")";
      text += " \\\n        " + shell_quoted(spec);
    }
  }
  if (takes_files(command)) text += " \\\n        '*:FILE:_files'";
  return text;
}

/// Those of the first word, or the arguments after one.
std::string zsh_subcommands(const help_command& program) {
  std::string names, cases;
  for (const help_command& command : program.commands) {
    names += "  " + shell_quoted(command.last_name() + ":" + zsh_described(command.about)) + "\n";
    cases += "    " + command.last_name() + ")\n      shift words\n      (( CURRENT-- ))\n"
             "      _arguments -s" + zsh_arguments(command) + "\n      return ;;\n";
  }
  return "local -a subcommands=(\n" + names + ")\n"
         "if (( CURRENT == 2 )); then\n  _describe subcommand subcommands\n"
         "else\n  case $words[2] in\n" + cases + "  esac\nfi\n";
}

std::string zsh_of_program(const help_command& program) {
  std::string text = "#compdef " + program.name + "\n# zsh completion for " + program.name +
                     ", made from its help.\n";
  if (!program.commands.empty()) text += zsh_subcommands(program);
  return text + "_arguments -s" + zsh_arguments(program) + "\n";
}

// -- fish ----------------------------------------------------------------------------------------

/// `target`: the command with its condition, as it follows `complete -c`.
std::string fish_options(const std::string& target, const help_command& command) {
  std::string text;
  for (const help_option& option : command.options) {
    if (option.positional) continue;
    text += "complete -c " + target;
    for (const std::string& name : option.names)
      text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!option.value.empty()) text += is_file(option) ? " -r -F" : " -x";
    if (option.value == "SHELL") text += std::string(" -a '") + shells + "'";
    text += " -d " + shell_quoted(first_line(option.about)) + "\n";
  }
  if (takes_files(command)) text += "complete -c " + target + " -F\n";
  return text;
}

std::string fish_of_program(const help_command& program) {
  std::string text = "# fish completion for " + program.name + ", made from its help.\n" +
                     fish_options(program.name, program);
  for (const help_command& command : program.commands) {
    const std::string name = command.last_name();
    text += "complete -c " + program.name + " -n __fish_use_subcommand -a " + name + " -d " +
            shell_quoted(first_line(command.about)) + "\n" +
            fish_options(program.name + " -n '__fish_seen_subcommand_from " + name + "'", command);
  }
  return text;
}

// -- tenure --------------------------------------------------------------------------------------

std::string bash_of_tenure(const help_command& tree) {
  std::string text = "# bash completion for tenure and its links, made from their help.\n"
                     "_tenure() {\n"
                     "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                     "  local sub=${COMP_WORDS[1]} from=2 i options= valued='' files='' more=''\n"
                     "  local subs=''\n"
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
    text += "    " + command.last_name() + ") " + bash_variables(command) + " ;;\n";
  }
  text += "  esac\n";
  text += bash_choice("[ \"$sub\" = completion ] && [[ $cur != -* ]]");
  return text + "complete -F _tenure tenure is-leader leader-set leader-get\n";
}

std::string zsh_of_tenure(const help_command& tree) {
  std::string text = "#compdef tenure is-leader leader-set leader-get\n"
                     "# zsh completion for tenure and its links, made from their help.\n"
                     "_tenure_sub() {\n"
                     "  case $1 in\n";
  for (const help_command& command : tree.commands) {
    text += "    " + command.last_name() + ")\n      _arguments -s" + zsh_arguments(command);
    if (command.last_name() == "run") text += " \\\n        '1:KEY:' '*:: :_normal'";
    if (command.last_name() == "lock") text += " \\\n        '1:PREFIX:' '*:: :_normal'";
    if (command.last_name() == "completion") text += " \\\n        '1:SHELL:(bash zsh fish)'";
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
    text += "      " + shell_quoted(command.last_name() + ":" + zsh_described(command.about)) +
            "\n";
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

std::string fish_of_tenure(const help_command& tree) {
  std::string text = "# fish completion for tenure and its links, made from their help.\n"
                     "complete -c tenure -f\n";
  for (const help_command& command : tree.commands) {
    const std::string name = command.last_name();
    text += "complete -c tenure -n __fish_use_subcommand -a " + name + " -d " +
            shell_quoted(first_line(command.about)) + "\n";
    const std::string within = "tenure -n '__fish_seen_subcommand_from " + name + "'";
    text += fish_options(within, command);
    if (name == "run" || name == "lock")
      text += "complete -c " + within + " -a '(__fish_complete_subcommand --fcs-skip=3)'\n";
    if (name == "completion") text += "complete -c " + within + " -a 'bash zsh fish'\n";
    if (name == "is-leader" || name == "leader-set" || name == "leader-get")
      text += fish_options(name, command);
  }
  return text;
}

}  // namespace

std::string completion(const help_command& program, const std::string& shell) {
  const bool plain = program.one_page;
  if (shell == "bash") return plain ? bash_of_program(program) : bash_of_tenure(program);
  if (shell == "zsh") return plain ? zsh_of_program(program) : zsh_of_tenure(program);
  if (shell == "fish") return plain ? fish_of_program(program) : fish_of_tenure(program);
  throw usage_error("'" + shell + "' is not a supported shell: bash, zsh or fish");
}

}  // namespace tenure::apps
