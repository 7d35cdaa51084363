#include "tenure-cron/jobs_file/jobs_file.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <tenure/key_error.hpp>
#include <vector>

#include "common/yaml_map.hpp"
#include "tenure-cron/jobs_file/job_reader.hpp"

namespace tenure::cron {
namespace {

using apps::yaml_map;

constexpr std::size_t longest_key = 512;
constexpr std::uint32_t most_jobs = 100'000;
constexpr std::uint32_t most_parallel = 100'000;

// x-NAME: at the top of a file is a place for anchors.
bool is_extension(const YAML::Node& key) {
  return key.IsScalar() && key.Scalar().starts_with("x-");
}

YAML::Node without_extensions(const YAML::Node& top) {
  for (const auto& entry : top) {
    if (is_extension(entry.first)) {
      YAML::Node rest;
      for (const auto& kept : top) {
        if (!is_extension(kept.first)) rest.force_insert(kept.first, kept.second);
      }
      return rest;
    }
  }
  return top;
}

// What is wrong with a key of Consul; empty: nothing.
std::string problem_of_key(const std::string& key) {
  if (std::string why = key_error(key); !why.empty()) return why;
  if (key.size() <= longest_key) return "";
  return "the key has " + std::to_string(key.size()) + " bytes: at most " +
         std::to_string(longest_key);
}

// YAML counts bytes; editors count characters.
void count_characters(const std::string& text, std::vector<apps::config_error>& errors) {
  std::size_t begin = 0;  // of `line`
  int line = 1;
  for (apps::config_error& e : errors) {  // sorted
    for (; line < e.line && begin < text.size(); ++line)
      begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const auto bytes = static_cast<std::size_t>(std::max(e.column - 1, 0));
    const std::string_view before = std::string_view(text).substr(begin, bytes);
    e.column -= static_cast<int>(std::count_if(before.begin(), before.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    }));
  }
}

class reader {
 public:
  jobs_file read(const std::string& text);

 private:
  void read_document(const YAML::Node& top);
  void read_election(const yaml_map& map);
  void read_ledger(const yaml_map& map);
  void read_limits(const yaml_map& map);
  void read_jobs(const YAML::Node& list);
  void check_spread(const YAML::Node& node, const job& made);

  jobs_file file_;
  apps::config_errors errors_;
  job_reader jobs_{errors_};
};

jobs_file reader::read(const std::string& text) {
  const apps::yaml_document file{.required_keys = "election: and jobs:",
                                 .contents = "one election"};
  if (const auto top = apps::load_yaml(text, file, errors_)) read_document(*top);
  file_.errors = errors_.take();
  count_characters(text, file_.errors);
  return std::move(file_);
}

void reader::read_document(const YAML::Node& top) {
  if (!top.IsMap())
    return errors_.add(apps::position_of(top),
                       "the file is not a map: it needs election: and jobs:");
  yaml_map map(without_extensions(top), "the file", errors_,
               {"election", "timezone", "ledger", "token_file", "spread", "max_jobs",
                "max_parallel", "max_output", "defaults", "jobs"},
               yaml_map::merge_key::read);
  map.set_label("");
  if (map.missing("election"))
    errors_.add(apps::position_of(top),
                "election: is missing: the key of the election that gates the jobs");
  if (map.missing("jobs")) errors_.add(apps::position_of(top), "jobs: is missing");
  read_election(map);
  read_ledger(map);
  read_limits(map);
  file_.token_file = map.text("token_file");
  file_.spread = map.boolean("spread");
  jobs_.set_zone(read_zone(map));
  if (const auto defaults = map.node("defaults")) jobs_.read_defaults(*defaults);
  if (const auto list = map.node("jobs")) read_jobs(*list);
}

void reader::read_election(const yaml_map& map) {
  const auto node = map.node("election");
  if (!node) return;
  if (!node->IsScalar() || node->Scalar().empty())
    return map.error("election", "is not a key, as in service/nightly/leader");
  const std::string problem = problem_of_key(node->Scalar());
  if (!problem.empty()) return map.error("election", problem);
  file_.election = node->Scalar();
  file_.ledger = "tenure-cron/" + file_.election;
}

void reader::read_ledger(const yaml_map& map) {
  const auto typed = map.text("ledger");
  if (!typed) return;
  std::string prefix = *typed;
  while (prefix.ends_with('/')) prefix.pop_back();
  std::string problem = problem_of_key(*typed);
  if (prefix.empty() && problem.empty()) problem = "names no prefix";
  const std::string below = prefix + '/', election = file_.election + '/';
  if (problem.empty() && (election.starts_with(below) || below.starts_with(election)))
    problem = "'" + *typed + "' contains the election, or lies below it: choose another prefix";
  if (!problem.empty()) return map.error("ledger", problem);
  file_.ledger = prefix;
}

void reader::read_limits(const yaml_map& map) {
  file_limits& limits = file_.limits;
  if (const auto n = map.number("max_jobs", 1, most_jobs))
    limits.max_jobs = static_cast<std::uint32_t>(*n);
  if (const auto n = map.number("max_parallel", 1, most_parallel))
    limits.max_parallel = static_cast<std::uint32_t>(*n);
  limits.max_output = map.bytes("max_output", 1);
}

void reader::read_jobs(const YAML::Node& list) {
  if (!list.IsSequence() || list.size() == 0)
    return errors_.add(apps::position_of(list), "jobs: is not a list of jobs");
  if (list.size() > file_.limits.max_jobs)
    return errors_.add(apps::position_of(list[file_.limits.max_jobs]),
                       "jobs: has " + std::to_string(list.size()) + " jobs: at most " +
                           std::to_string(file_.limits.max_jobs) + " (max_jobs)");
  for (const YAML::Node& node : list) {
    job made = jobs_.read(node);
    check_spread(node, made);
    file_.jobs.push_back(std::make_shared<const job>(std::move(made)));
  }
}

// The labels of a job choose among the members of a group, job by job.
void reader::check_spread(const YAML::Node& node, const job& made) {
  if (made.on.empty() || file_.spread.value_or(true)) return;
  errors_.add(apps::position_of(node),
              "job '" + made.name + "': on: needs an election for each job, and spread: is false");
}

}  // namespace

jobs_file parse_jobs(const std::string& text) { return reader().read(text); }

}  // namespace tenure::cron
