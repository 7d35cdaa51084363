#include "tenure-cron/jobs_file/job_values.hpp"

#include <algorithm>
#include <charconv>
#include <tenure/toolkit/ascii.hpp>

#include "common/argument_checks.hpp"
#include "common/duration.hpp"

namespace tenure::cron {

using apps::yaml_map;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t longest_argument = 128 * 1024 - 1;  // of execve()
constexpr std::size_t most_bytes_of_arguments = 1024 * 1024;
constexpr duration longest_time = 36500 * 24h;  // now and this make a time that clocks can count
constexpr std::uint32_t most_runs = 10'000;
constexpr std::uint32_t most_retries = 100;
constexpr std::uint32_t most_history = 10'000;

// What is wrong with a text that a process gets; empty: nothing.
std::string problem_of(const std::string& text) {
  if (text.find('\0') != std::string::npos) return "has a NUL, which no process can get";
  if (text.size() > longest_argument)
    return "has " + std::to_string(text.size()) + " bytes: the system passes at most " +
           std::to_string(longest_argument);
  return "";
}

std::optional<std::string> process_text(const yaml_map& map, const char* key) {
  const auto value = map.text(key);
  if (!value) return std::nullopt;
  const std::string problem = problem_of(*value);
  if (problem.empty()) return value;
  map.error(key, problem);
  return std::nullopt;
}

std::optional<std::vector<std::string>> process_texts(const yaml_map& map, const char* key) {
  auto list = map.texts(key);
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    const std::string problem = problem_of((*list)[i]);
    if (!problem.empty()) map.error_at(key, i, problem);
  }
  return list;
}

std::optional<std::uint32_t> number(const yaml_map& map, const char* key, std::uint32_t least,
                                    std::uint32_t most) {
  const auto value = map.number(key, least, most);
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::optional<duration> time(const yaml_map& map, const char* key, duration least = duration(0)) {
  const auto value = map.time(key);
  if (!value || (*value >= least && *value <= longest_time)) return value;
  map.error(key, *value < least
                     ? apps::to_text(*value) + " is too short: at least " + apps::to_text(least)
                     : apps::to_text(*value) + " is too long: at most " +
                           apps::to_text(longest_time));
  return std::nullopt;
}

void read_variables(const yaml_map& map, const std::string& label, job& into) {
  const auto node = map.node("env");
  if (!node) return;
  if (!node->IsMap()) return map.error("env", "not a map of variables");
  const std::string prefix = label + ": env: ";
  std::vector<std::string> given;
  for (const apps::yaml_entry& entry : merged_entries(*node, label + ": env", map.errors())) {
    const std::string name = entry.key.IsScalar() ? entry.key.Scalar() : "";
    const auto at_name = [&](const std::string& text) {
      map.errors().add(apps::position_of(entry.key), prefix + text);
    };
    const auto at_value = [&](const std::string& text) {
      map.errors().add(apps::position_of(entry.value), prefix + text);
    };
    if (!apps::check_variable_name(name).empty()) {
      at_name("'" + name + "' is not the name of a variable");
    } else if (name.starts_with("TENURE_")) {
      at_name("'" + name + "': names that begin with TENURE_ are set by tenure-cron");
    } else if (std::find(given.begin(), given.end(), name) != given.end()) {
      at_name("'" + name + "' is given twice");
    } else if (entry.value.IsNull()) {
      at_name("'" + name + "' has no value: write \"\" for an empty one");
    } else if (!entry.value.IsScalar()) {
      at_value("the value of '" + name + "' is not a text");
    } else if (const std::string problem = problem_of(entry.value.Scalar()); !problem.empty()) {
      at_value("the value of '" + name + "' " + problem);
    } else {
      const auto same = [&](const auto& other) { return other.first == name; };
      std::erase_if(into.env, same);  // of defaults:
      into.env.emplace_back(name, entry.value.Scalar());
    }
    given.push_back(name);
  }
}

void read_pass_env(const yaml_map& map, job& into) {
  if (const auto list = map.texts("pass_env", apps::check_variable_name)) into.pass_env = *list;
}

void read_catch_up(const yaml_map& map, job& into) {
  const auto node = map.node("catch_up");
  if (!node) return;
  const std::string typed = node->IsScalar() ? node->Scalar() : "...";
  std::uint32_t count = 0;
  const auto [end, problem] = std::from_chars(typed.data(), typed.data() + typed.size(), count);
  const bool whole = problem == std::errc() && end == typed.data() + typed.size();
  if (typed == "none") {
    into.catch_up = 0;
  } else if (typed == "last") {
    into.catch_up = 1;
  } else if (typed == "all") {
    into.catch_up = catch_up_all;
  } else if (whole && count >= 1 && count <= most_runs) {
    into.catch_up = count;
  } else {
    map.error("catch_up", "'" + typed + "' is none of none, last, all and a number from 1 to " +
                              std::to_string(most_runs));
  }
}

void read_retries(const yaml_map& map, const std::string& label, job& into) {
  const auto node = map.node("retries");
  if (!node) return;
  if (!node->IsMap()) {
    into.retry.retries = number(map, "retries", 0, most_retries).value_or(0);
    return;
  }
  const yaml_map rule(*node, label + ": retries", map.errors(), {"attempts", "backoff", "most"},
                      yaml_map::merge_key::read);
  rule.require("attempts", "how often a failed run starts again");
  into.retry.retries = number(rule, "attempts", 0, most_retries).value_or(0);
  if (const auto pause = time(rule, "backoff")) into.retry.backoff = *pause;
  const auto most = time(rule, "most");
  if (most && *most < into.retry.backoff)
    rule.error("most", apps::to_text(*most) + " is less than backoff, " +
                           apps::to_text(into.retry.backoff));
  into.retry.most = most.value_or(std::max<duration>(into.retry.backoff, 5min));
}

void read_output(const yaml_map& map, const std::string& label, job& into) {
  const auto node = map.node("output");
  if (!node) return;
  output_file file;
  if (node->IsScalar()) {
    file.path = process_text(map, "output").value_or("");
  } else {
    const yaml_map keys(*node, label + ": output", map.errors(), {"file", "size", "keep"},
                        yaml_map::merge_key::read);
    keys.require("file", "its path");
    file.path = process_text(keys, "file").value_or("");
    if (const auto size = keys.bytes("size", 1000)) file.size = *size;
    if (const auto keep = number(keys, "keep", 0, 1000)) file.keep = *keep;
  }
  into.output = file;
}

void read_process(const yaml_map& map, const std::string& label, job& into) {
  if (map.has("command")) into.argv = read_command(map, "command");
  if (map.has("on_failure")) into.on_failure = read_command(map, "on_failure");
  if (const auto limit = time(map, "timeout", 1ms)) into.timeout = limit;
  if (const auto scope = map.choice("kill", {"process", "group", "tree"}))
    into.kill = static_cast<kill_scope>(*scope);
  if (const auto path = process_text(map, "cwd")) into.cwd = *path;
  if (const auto name = process_text(map, "user")) into.user = *name;
  if (const auto name = process_text(map, "group")) into.group = *name;
  if (const auto files = process_texts(map, "env_file")) into.env_files = *files;
  read_variables(map, label, into);
  read_pass_env(map, into);
  read_output(map, label, into);
  if (const auto text = map.node("stdin")) {
    if (text->IsScalar()) {
      into.input = text->Scalar();
    } else {
      map.error("stdin", "not a text");
    }
  }
}

void read_umask_and_nice(const yaml_map& map, job& into) {
  if (const auto typed = map.text("umask")) {
    std::uint32_t bits = 0;
    const char* const end = typed->data() + typed->size();
    const auto [last, problem] = std::from_chars(typed->data(), end, bits, 8);
    if (problem == std::errc() && last == end && bits <= 0777) {
      into.umask = bits;
    } else {
      map.error("umask", "'" + *typed + "' is not an octal number up to 0777, as in 027");
    }
  }
  if (const auto typed = map.text("nice")) {
    int value = 0;
    const char* const end = typed->data() + typed->size();
    const auto [last, problem] = std::from_chars(typed->data(), end, value);
    if (problem == std::errc() && last == end && value >= -20 && value <= 19) {
      into.nice = value;
    } else {
      map.error("nice", "'" + *typed + "' is not a number from -20 to 19");
    }
  }
}

}  // namespace

bool is_job_name(const std::string& s) {
  if (s == "." || s == "..") return false;  // clients shorten paths with them
  return !s.empty() && s.size() <= longest_job_name &&
         std::all_of(s.begin(), s.end(), [](char c) {
           return text::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

std::vector<std::string> read_command(const yaml_map& map, const char* key) {
  const auto node = map.node(key);
  if (!node) return {};
  std::vector<std::string> argv;
  if (node->IsScalar() && node->Scalar().find_first_not_of(" \t\r\n") != std::string::npos) {
    const std::string problem = problem_of(node->Scalar());
    if (!problem.empty()) map.error(key, problem);
    return {"/bin/sh", "-c", node->Scalar()};
  }
  if (!node->IsSequence() || node->size() == 0) {
    map.error(key, "neither a text for the shell nor a list of arguments");
    return argv;
  }
  std::size_t bytes = 0;
  for (const YAML::Node& argument : *node) {
    const std::string problem =
        argument.IsScalar() ? problem_of(argument.Scalar()) : "is not a text";
    if (!problem.empty()) map.error_at(key, argv.size(), "an argument " + problem);
    argv.push_back(argument.IsScalar() ? argument.Scalar() : "");
    bytes += argv.back().size() + 1;
  }
  if (argv.front().empty() && (*node)[0].IsScalar()) map.error(key, "the program has no name");
  if (bytes > most_bytes_of_arguments)
    map.error(key, "the arguments have " + std::to_string(bytes) + " bytes: at most " +
                       std::to_string(most_bytes_of_arguments));
  return argv;
}

void read_values(const yaml_map& map, const std::string& label, job& into) {
  if (const auto longest = time(map, "splay")) into.splay = *longest;
  read_catch_up(map, into);
  if (const auto deadline = time(map, "starting_deadline", 1s)) into.starting_deadline = *deadline;
  if (const auto again = map.boolean("retry_unknown")) into.retry_unknown = *again;
  if (const auto rule = map.choice("overlap", {"forbid", "allow", "replace", "queue"}))
    into.overlap = static_cast<overlap_rule>(*rule);
  if (const auto most = number(map, "max_parallel", 1, most_runs)) into.max_parallel = most;
  read_retries(map, label, into);
  if (const auto count = number(map, "history", 1, most_history)) into.history = *count;
  if (const auto place = map.choice("run_on", {"leader", "all"}))
    into.run_on = static_cast<run_place>(*place);
  if (const auto labels = map.texts("on", apps::check_label)) into.on = *labels;
  read_process(map, label, into);
  read_umask_and_nice(map, into);
}

}  // namespace tenure::cron
