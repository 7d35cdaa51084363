#include "tenure-cron/jobs_file/job_reader.hpp"

#include <tenure/toolkit/ascii.hpp>
#include <vector>

#include "common/duration.hpp"
#include "tenure-cron/jobs_file/job_values.hpp"

namespace tenure::cron {

using apps::yaml_map;

namespace {

using key_list = std::vector<const char*>;

const key_list& keys_of_job() {
  static const key_list keys{
      "name",     "schedule",  "at",         "timezone",     "splay",    "command",
      "env",      "timeout",   "catch_up",   "starting_deadline", "retry_unknown", "overlap",
      "max_parallel", "retries", "cwd",      "user",         "group",    "umask",
      "nice",     "env_file",  "pass_env",   "stdin",        "kill",     "on_failure",
      "output",   "run_on",    "on",         "history"};
  return keys;
}

// A name is of one job, and so is a single moment.
const key_list& keys_of_defaults() {
  static const key_list keys = [] {
    key_list some = keys_of_job();
    std::erase_if(some, [](std::string_view key) { return key == "name" || key == "at"; });
    return some;
  }();
  return keys;
}

std::string trimmed(const std::string& s) {
  constexpr const char* space = " \t\r\n";
  const std::size_t begin = s.find_first_not_of(space);
  if (begin == std::string::npos) return "";
  return s.substr(begin, s.find_last_not_of(space) + 1 - begin);
}

named_zone unusable_zone() { return named_zone("UTC", std::make_shared<utc_zone>()); }

}  // namespace

std::optional<named_zone> read_zone(const yaml_map& map) {
  const auto name = map.text("timezone");
  if (!name) return std::nullopt;
  try {
    return find_zone(trimmed(*name));
  } catch (const bad_zone& e) {
    map.error("timezone", e.what());
  }
  return unusable_zone();
}

void job_reader::read_defaults(const YAML::Node& node) {
  const yaml_map map(node, "defaults", errors_, keys_of_defaults(), yaml_map::merge_key::read);
  job made(schedule::parse("@yearly"), unusable_zone());
  default_job_zone_ = read_zone(map);
  const auto when = parse_schedule(map, "schedule", "");
  if (when) default_schedule_ = when->text();
  read_values(map, "defaults", made);
  defaults_ = std::move(made);
}

job job_reader::read(const YAML::Node& node) {
  job made(schedule::parse("@yearly"), unusable_zone());
  if (!node.IsMap()) {
    errors_.add(apps::position_of(node), "a job is a map: name, schedule, command");
    return made;
  }
  yaml_map map(node, "a job", errors_, keys_of_job(), yaml_map::merge_key::read);
  if (defaults_) made = *defaults_;
  made.name = read_name(map, node);
  const std::string label = "job '" + made.name + "'";
  map.set_label(label);
  const auto when = read_schedule(map, node, label, made.name);
  if (when) made.when = *when;
  made.zone = zone_of(map, when);
  if (map.missing("command") && made.argv.empty())
    errors_.add(apps::position_of(node), label + " has no command");
  read_values(map, label, made);
  check(map, made);
  return made;
}

void job_reader::check(const yaml_map& map, const job& made) {
  const bool many = made.max_parallel.value_or(1) > 1;
  if (map.has("max_parallel") && many && made.overlap != overlap_rule::allow)
    map.error("max_parallel", "more than one run at a time needs overlap: allow");
  if (made.run_on == run_place::all && !made.on.empty())
    map.error(map.has("on") ? "on" : "run_on",
              "labels choose the leader of a job, and run_on: all needs no leader");
}

std::string job_reader::read_name(const yaml_map& map, const YAML::Node& node) {
  if (map.missing("name")) errors_.add(apps::position_of(node), "a job has no name");
  const auto value = map.node("name");
  if (!value) return "?";
  const std::string name = value->IsScalar() ? value->Scalar() : "";
  const apps::file_position at = apps::position_of(*value);
  if (!is_job_name(name)) {
    errors_.add(at, "'" + name + "' is not a name for a job: letters, digits, '-', '_' and '.', " +
                        "at most " + std::to_string(longest_job_name));
  } else if (const auto [other, added] = names_.emplace(name, at.line); !added) {
    errors_.add(at, "a second job '" + name + "', after that of line " +
                        std::to_string(other->second));
  }
  return name;
}

std::optional<schedule> job_reader::read_schedule(const yaml_map& map, const YAML::Node& node,
                                                  const std::string& label,
                                                  const std::string& name) {
  if (map.has("schedule") && map.has("at")) {
    map.error("at", "the job has a schedule, too: give one of them");
    return std::nullopt;
  }
  if (map.has("at")) return parse_schedule(map, "at", name);
  if (map.has("schedule")) return parse_schedule(map, "schedule", name);
  if (!map.missing("schedule") || !map.missing("at")) return std::nullopt;  // without a value
  if (!default_schedule_.empty()) return schedule::parse(default_schedule_, name);
  errors_.add(apps::position_of(node), label + " has no schedule, nor at: for a single run");
  return std::nullopt;
}

std::optional<schedule> job_reader::parse_schedule(const yaml_map& map, const char* key,
                                                   const std::string& name) {
  const auto node = map.node(key);
  if (!node) return std::nullopt;
  if (!node->IsScalar()) {
    map.error(key, "not a text");
    return std::nullopt;
  }
  const std::string text = trimmed(node->Scalar());
  try {
    if (text.find('\0') != std::string::npos) throw bad_schedule("has a NUL");
    return std::string_view(key) == "at" ? schedule::at(text) : schedule::parse(text, name);
  } catch (const bad_schedule& e) {
    map.error(key, e.what());
  }
  return std::nullopt;
}

// CRON_TZ= in the schedule, timezone: of the job, of defaults:, of the file, the machine's.
named_zone job_reader::zone_of(const yaml_map& map, const std::optional<schedule>& when) {
  const std::optional<named_zone> named = read_zone(map);
  const std::string in_schedule = when ? when->zone_name() : "";
  if (in_schedule.empty())
    return named ? *named : default_job_zone_ ? *default_job_zone_ : default_zone_of_file();
  if (named) {
    map.error("timezone", "the schedule names a time zone, too: give one of them");
    return *named;
  }
  try {
    return find_zone(in_schedule);
  } catch (const bad_zone& e) {
    map.error("schedule", e.what());
  }
  return unusable_zone();
}

const named_zone& job_reader::default_zone_of_file() {
  if (zone_) return *zone_;
  try {
    zone_ = default_zone();
  } catch (const bad_zone& e) {
    errors_.add(apps::file_position(1, 1), e.what());
    zone_ = unusable_zone();
  }
  return *zone_;
}

}  // namespace tenure::cron
