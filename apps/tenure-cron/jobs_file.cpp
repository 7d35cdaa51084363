#include "tenure-cron/jobs_file.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <tenure/toolkit/ascii.hpp>

#include "common/yaml_map.hpp"

namespace tenure::cron {
namespace {

using apps::yaml_map;

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

class reader {
 public:
  jobs_file read(const std::string& text);

 private:
  void read_document(const YAML::Node& top);
  void read_job(const YAML::Node& node);
  std::string read_name(const YAML::Node& node);
  std::optional<schedule> read_schedule(const yaml_map& map, const std::string& job_name);
  std::optional<named_zone> read_zone(const yaml_map& map);
  named_zone zone_of(const yaml_map& map, const std::optional<schedule>& when);
  const named_zone& default_zone_of_file();
  std::vector<std::string> read_command(const YAML::Node& node, const std::string& job_name);
  void read_env(const YAML::Node& node, const std::string& job_name, job& into);
  void error(const YAML::Node& where, std::string text) {
    errors_.add(apps::line_of(where), std::move(text));
  }

  jobs_file file_;
  apps::config_errors errors_;
  std::map<std::string, int> names_;  // of jobs, and the line of each
  std::optional<named_zone> zone_;    // of jobs that name none; filled when one is read
};

jobs_file reader::read(const std::string& text) {
  const apps::yaml_document file{.required_keys = "election: and jobs:",
                                 .contents = "one election"};
  if (const auto top = apps::load_yaml(text, file, errors_)) read_document(*top);
  file_.errors = errors_.take();
  return std::move(file_);
}

void reader::read_document(const YAML::Node& top) {
  if (!top.IsMap()) return error(top, "the file is not a map: it needs election: and jobs:");
  yaml_map map(top, "the file", errors_, {"election", "timezone", "jobs"});
  map.set_label("");
  map.require("election", "the key of the election that gates the jobs");
  if (map.missing("jobs")) error(top, "jobs: is missing");
  const auto election = map.node("election");
  if (election && (!election->IsScalar() || election->Scalar().empty())) {
    error(*election, "election: is not a key, as in service/nightly/leader");
  } else if (election && election->Scalar().front() == '/') {
    map.error("election", "'" + election->Scalar() + "' begins with a slash: leave it out");
  } else if (election) {
    file_.election = election->Scalar();
  }

  zone_ = read_zone(map);
  const auto jobs = map.node("jobs");
  if (!jobs) return;
  if (!jobs->IsSequence() || jobs->size() == 0) return error(*jobs, "jobs: is not a list of jobs");
  for (const YAML::Node& node : *jobs) read_job(node);
}

void reader::read_job(const YAML::Node& node) {
  if (!node.IsMap()) return error(node, "a job is a map: name, schedule, command");
  yaml_map map(node, "a job", errors_,
               {"name", "schedule", "at", "timezone", "splay", "command", "env", "timeout"});
  if (map.missing("name")) error(node, "a job has no name");
  const auto named = map.node("name");
  const std::string name = named ? read_name(*named) : "?";
  const std::string label = "job '" + name + "'";
  map.set_label(label);
  if (map.missing("schedule") && map.missing("at"))
    error(node, label + " has no schedule, nor at: for a single run");
  const std::optional<schedule> when = read_schedule(map, name);
  if (map.missing("command")) error(node, label + " has no command");
  job made(when ? *when : schedule::parse("@yearly"), zone_of(map, when));  // or unusable
  made.name = name;
  if (const auto command = map.node("command")) made.argv = read_command(*command, label);
  if (const auto env = map.node("env")) read_env(*env, label, made);
  made.timeout = map.time("timeout");
  if (made.timeout == duration(0)) map.error("timeout", "0 leaves no time to run");
  made.splay = map.time("splay").value_or(duration(0));
  file_.jobs.push_back(std::move(made));
}

std::string reader::read_name(const YAML::Node& node) {
  const std::string name = node.IsScalar() ? node.Scalar() : "";
  if (!is_job_name(name)) {
    error(node, "'" + name + "' is not a name for a job: letters, digits, '-', '_' and '.', " +
                   "at most " + std::to_string(longest_name));
  } else if (const auto [other, added] = names_.emplace(name, apps::line_of(node)); !added) {
    error(node, "a second job '" + name + "', after that of line " + std::to_string(other->second));
  }
  return name;
}

std::optional<schedule> reader::read_schedule(const yaml_map& map, const std::string& job_name) {
  const auto repeated = map.node("schedule");
  const auto once = map.node("at");
  if (repeated && once) map.error("at", "the job has a schedule, too: give one of them");
  const char* key = once ? "at" : "schedule";
  const auto& node = once ? once : repeated;
  if (!node || (repeated && once)) return std::nullopt;
  if (!node->IsScalar()) {
    map.error(key, "not a text");
    return std::nullopt;
  }
  try {
    return once ? schedule::at(node->Scalar()) : schedule::parse(node->Scalar(), job_name);
  } catch (const bad_schedule& e) {
    map.error(key, e.what());
  }
  return std::nullopt;
}

std::optional<named_zone> reader::read_zone(const yaml_map& map) {
  const auto name = map.text("timezone");
  if (!name) return std::nullopt;
  try {
    return find_zone(*name);
  } catch (const bad_zone& e) {
    map.error("timezone", e.what());
  }
  return named_zone("UTC", std::make_shared<utc_zone>());  // unusable after an error
}

// CRON_TZ= in the schedule, timezone: of the job, timezone: of the file, the machine's.
named_zone reader::zone_of(const yaml_map& map, const std::optional<schedule>& when) {
  const std::optional<named_zone> named = read_zone(map);
  const std::string in_schedule = when ? when->zone_name() : "";
  if (in_schedule.empty()) return named ? *named : default_zone_of_file();
  if (named) {
    map.error("timezone", "the schedule names a time zone, too: give one of them");
    return *named;
  }
  try {
    return find_zone(in_schedule);
  } catch (const bad_zone& e) {
    map.error("schedule", e.what());
  }
  return named_zone("UTC", std::make_shared<utc_zone>());  // unusable after an error
}

const named_zone& reader::default_zone_of_file() {
  if (zone_) return *zone_;
  try {
    zone_ = default_zone();
  } catch (const bad_zone& e) {
    errors_.add(1, e.what());
    zone_.emplace("UTC", std::make_shared<utc_zone>());
  }
  return *zone_;
}

std::vector<std::string> reader::read_command(const YAML::Node& node,
                                              const std::string& job_name) {
  const std::string prefix = job_name + ": command: ";
  if (node.IsScalar() && node.Scalar().find_first_not_of(" \t\r\n") != std::string::npos)
    return {"/bin/sh", "-c", node.Scalar()};
  std::vector<std::string> argv;
  if (!node.IsSequence() || node.size() == 0) {
    error(node, prefix + "neither a text for the shell nor a list of arguments");
    return argv;
  }
  for (const YAML::Node& argument : node) {
    if (!argument.IsScalar()) {
      error(argument, prefix + "an argument is not a text");
    } else {
      argv.push_back(argument.Scalar());
    }
  }
  if (!argv.empty() && argv.front().empty()) error(node, prefix + "the program has no name");
  return argv;
}

void reader::read_env(const YAML::Node& node, const std::string& job_name, job& into) {
  const std::string prefix = job_name + ": env: ";
  if (!node.IsMap()) return error(node, prefix + "not a map of variables");
  for (const auto& entry : node) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const auto same = [&](const auto& other) { return other.first == name; };
    if (!is_variable(name)) {
      error(entry.first, prefix + "'" + name + "' is not the name of a variable");
    } else if (name.starts_with("TENURE_")) {
      error(entry.first,
            prefix + "'" + name + "': names that begin with TENURE_ are set by tenure-cron");
    } else if (std::any_of(into.env.begin(), into.env.end(), same)) {
      error(entry.first, prefix + "'" + name + "' is given twice");
    } else if (!entry.second.IsScalar()) {
      error(entry.second, prefix + "the value of '" + name + "' is not a text");
    } else {
      into.env.emplace_back(name, entry.second.Scalar());
    }
  }
}

}  // namespace

jobs_file parse_jobs(const std::string& text) { return reader().read(text); }

}  // namespace tenure::cron
