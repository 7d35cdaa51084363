#include "tenure-cron/jobs_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <initializer_list>
#include <map>

#include "common/duration.hpp"
#include "text/ascii.hpp"

namespace tenure::cron {
namespace {

constexpr std::size_t longest_name = 100;

bool is_job_name(const std::string& s) {
  return !s.empty() && s.size() <= longest_name && std::all_of(s.begin(), s.end(), [](char c) {
    return text::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

bool is_variable(const std::string& s) {
  return !s.empty() && !text::is_digit(s.front()) && std::all_of(s.begin(), s.end(), [](char c) {
    return text::is_letter_or_digit(c) || c == '_';
  });
}

std::string_view line_of(std::string_view text, int line) {
  for (; line > 0; --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

// The most frequent mistake is a schedule without quotes: * and @ have another meaning in YAML.
std::string hint_for(std::string_view line) {
  const std::size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
  const bool bare = value != std::string_view::npos && (line[value] == '*' || line[value] == '@');
  return bare ? ": put what begins with * or @ in quotes" : "";
}

class reader {
 public:
  jobs_file read(const std::string& text);

 private:
  using values = std::map<std::string, YAML::Node>;

  // The values of a map by their keys. A key that is not `known`, or occurs twice, is a mistake.
  values fields(const YAML::Node& map, const std::string& of,
                std::initializer_list<const char*> known);
  std::optional<YAML::Node> take(const values& from, const char* key, const YAML::Node& map,
                                 const std::string& otherwise);
  void read_document(const YAML::Node& top);
  void read_job(const YAML::Node& node);
  std::string read_name(const YAML::Node& node);
  std::optional<schedule> read_schedule(const YAML::Node& node, const std::string& job_name);
  std::vector<std::string> read_command(const YAML::Node& node, const std::string& job_name);
  void read_env(const YAML::Node& node, const std::string& job_name, job& into);
  void read_timeout(const YAML::Node& node, const std::string& job_name, job& into);
  void note(const YAML::Node& where, std::string text) {
    note(where.Mark().line + 1, std::move(text));
  }
  void note(int line, std::string text) { file_.mistakes.emplace_back(line, std::move(text)); }

  jobs_file file_;
  std::map<std::string, int> names_;  // the line of each job's name
};

jobs_file reader::read(const std::string& text) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty() || documents[0].IsNull()) {
      note(1, "the file is empty: it needs election: and jobs:");
    } else if (documents.size() > 1) {
      note(documents[1], "a second document: a file has one election");
    } else {
      read_document(documents[0]);
    }
  } catch (const YAML::Exception& e) {
    const int line = std::max(e.mark.line, 0);
    note(line + 1, "not YAML: " + e.msg + hint_for(line_of(text, line)));
  }
  std::stable_sort(file_.mistakes.begin(), file_.mistakes.end(),
                   [](const mistake& a, const mistake& b) { return a.line < b.line; });
  return std::move(file_);
}

reader::values reader::fields(const YAML::Node& map, const std::string& of,
                              std::initializer_list<const char*> known) {
  values found;
  for (const auto& entry : map) {
    const YAML::Node& key = entry.first;
    const std::string name = key.IsScalar() ? key.Scalar() : "?";
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string list;
      for (const char* k : known) list += (list.empty() ? "" : ", ") + std::string(k);
      note(key, "unknown key '" + name + "' in " + of + " (known: " + list + ")");
    } else if (!found.emplace(name, entry.second).second) {
      note(key, "'" + name + "' is given twice in " + of);
    } else if (entry.second.IsNull()) {
      note(key, "'" + name + "' has no value in " + of);
    }
  }
  return found;
}

// Returns no node if the key is missing or has no value. A missing key is a mistake with the text
// `otherwise`, unless that is empty.
std::optional<YAML::Node> reader::take(const values& from, const char* key, const YAML::Node& map,
                                       const std::string& otherwise) {
  const auto found = from.find(key);
  if (found == from.end() && !otherwise.empty()) note(map, otherwise);
  if (found == from.end() || found->second.IsNull()) return std::nullopt;
  return found->second;
}

void reader::read_document(const YAML::Node& top) {
  if (!top.IsMap()) return note(top, "the file is not a map: it needs election: and jobs:");
  const values found = fields(top, "the file", {"election", "jobs"});
  const auto election =
      take(found, "election", top,
           "election: is missing: the key of the election that gates the jobs");
  if (election && (!election->IsScalar() || election->Scalar().empty())) {
    note(*election, "election: is not a key, as in service/nightly/leader");
  } else if (election && election->Scalar().front() == '/') {
    note(*election, "election: '" + election->Scalar() + "' begins with a slash: leave it out");
  } else if (election) {
    file_.election = election->Scalar();
  }

  const auto jobs = take(found, "jobs", top, "jobs: is missing");
  if (!jobs) return;
  if (!jobs->IsSequence() || jobs->size() == 0) return note(*jobs, "jobs: is not a list of jobs");
  for (const YAML::Node& node : *jobs) read_job(node);
}

void reader::read_job(const YAML::Node& node) {
  if (!node.IsMap()) return note(node, "a job is a map: name, schedule, command");
  const values found = fields(node, "a job", {"name", "schedule", "command", "env", "timeout"});

  std::string name = "?";
  if (const auto named = take(found, "name", node, "a job has no name")) name = read_name(*named);
  const std::string of = "job '" + name + "'";
  std::optional<schedule> when;
  if (const auto text = take(found, "schedule", node, of + " has no schedule"))
    when = read_schedule(*text, of);

  job made(when ? *when : schedule::parse("@yearly"));  // a placeholder after a mistake
  made.name = name;
  if (const auto command = take(found, "command", node, of + " has no command"))
    made.argv = read_command(*command, of);
  if (const auto env = take(found, "env", node, "")) read_env(*env, of, made);
  if (const auto timeout = take(found, "timeout", node, "")) read_timeout(*timeout, of, made);
  file_.jobs.push_back(std::move(made));
}

std::string reader::read_name(const YAML::Node& node) {
  const std::string name = node.IsScalar() ? node.Scalar() : "";
  const int line = node.Mark().line + 1;
  if (!is_job_name(name)) {
    note(line, "'" + name + "' is not a name for a job: letters, digits, '-', '_' and '.', " +
                   "at most " + std::to_string(longest_name));
  } else if (const auto [other, added] = names_.emplace(name, line); !added) {
    note(line, "a second job '" + name + "', after that of line " + std::to_string(other->second));
  }
  return name;
}

std::optional<schedule> reader::read_schedule(const YAML::Node& node, const std::string& job_name) {
  const std::string of = job_name + ": schedule: ";
  if (!node.IsScalar()) {
    note(node, of + "not a text");
    return std::nullopt;
  }
  try {
    return schedule::parse(node.Scalar());
  } catch (const bad_schedule& e) {
    note(node, of + e.what());
  }
  return std::nullopt;
}

std::vector<std::string> reader::read_command(const YAML::Node& node,
                                              const std::string& job_name) {
  const std::string of = job_name + ": command: ";
  if (node.IsScalar() && node.Scalar().find_first_not_of(" \t\r\n") != std::string::npos)
    return {"/bin/sh", "-c", node.Scalar()};
  std::vector<std::string> argv;
  if (!node.IsSequence() || node.size() == 0) {
    note(node, of + "neither a text for the shell nor a list of arguments");
    return argv;
  }
  for (const YAML::Node& argument : node) {
    if (!argument.IsScalar()) {
      note(argument, of + "an argument is not a text");
    } else {
      argv.push_back(argument.Scalar());
    }
  }
  if (!argv.empty() && argv.front().empty()) note(node, of + "the program has no name");
  return argv;
}

void reader::read_env(const YAML::Node& node, const std::string& job_name, job& into) {
  const std::string of = job_name + ": env: ";
  if (!node.IsMap()) return note(node, of + "not a map of variables");
  for (const auto& entry : node) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const auto same = [&](const auto& other) { return other.first == name; };
    if (!is_variable(name)) {
      note(entry.first, of + "'" + name + "' is not the name of a variable");
    } else if (name.starts_with("TENURE_")) {
      note(entry.first,
           of + "'" + name + "': names that begin with TENURE_ are set by tenure-cron");
    } else if (std::any_of(into.env.begin(), into.env.end(), same)) {
      note(entry.first, of + "'" + name + "' is given twice");
    } else if (!entry.second.IsScalar()) {
      note(entry.second, of + "the value of '" + name + "' is not a text");
    } else {
      into.env.emplace_back(name, entry.second.Scalar());
    }
  }
}

void reader::read_timeout(const YAML::Node& node, const std::string& job_name, job& into) {
  const std::string of = job_name + ": timeout: ";
  try {
    into.timeout = apps::parse_duration(node.IsScalar() ? node.Scalar() : "");
    if (*into.timeout == duration(0)) note(node, of + "0 leaves no time to run");
  } catch (const apps::usage_error& e) {
    note(node, of + e.what());
  }
}

}  // namespace

jobs_file parse_jobs(const std::string& text) { return reader().read(text); }

}  // namespace tenure::cron
