// Reads the jobs of a file: one map of keys each, over those of `defaults:`.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/yaml_map.hpp"
#include "tenure-cron/jobs_file/job.hpp"

namespace tenure::cron {

class job_reader {
 public:
  explicit job_reader(apps::config_errors& errors) : errors_(errors) {}

  /// timezone: of the file.
  void set_zone(std::optional<named_zone> zone) { zone_ = std::move(zone); }
  /// `defaults:`: the keys of later jobs that do not have them.
  void read_defaults(const YAML::Node& node);
  /// Unusable after an error.
  job read(const YAML::Node& node);

 private:
  std::string read_name(const apps::yaml_map& map, const YAML::Node& node);
  std::optional<schedule> read_schedule(const apps::yaml_map& map, const YAML::Node& node,
                                        const std::string& label, const std::string& name);
  std::optional<schedule> parse_schedule(const apps::yaml_map& map, const char* key,
                                         const std::string& name);
  named_zone zone_of(const apps::yaml_map& map, const std::optional<schedule>& when);
  const named_zone& default_zone_of_file();
  void check(const apps::yaml_map& map, const job& made);

  apps::config_errors& errors_;
  std::map<std::string, int> names_;  // of jobs, and the line of each
  std::optional<named_zone> zone_;    // of jobs that name none; filled when one is read
  std::optional<job> defaults_;
  std::string default_schedule_;
  std::optional<named_zone> default_job_zone_;
};

/// timezone: of a map. Nothing where it names none; UTC after an error.
std::optional<named_zone> read_zone(const apps::yaml_map& map);

}  // namespace tenure::cron
