// The jobs file: what to run and when, in YAML.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "common/config_errors.hpp"
#include "tenure-cron/schedule/schedule.hpp"
#include "tenure-cron/schedule/time_zones.hpp"

namespace tenure::cron {

class job {
 public:
  job(schedule s, named_zone z) : when(std::move(s)), zone(std::move(z)) {}

  std::string name;
  schedule when;
  named_zone zone;  ///< in which the schedule is read
  duration splay{0};  ///< a run begins up to so much after its tick
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;
  std::optional<duration> timeout;
};

class jobs_file {
 public:
  std::string election;
  std::vector<job> jobs;
  /// Sorted by line. With an error, the rest is unusable.
  std::vector<apps::config_error> errors;
};

/// Reads the text of a file and reports every error in it: keys that are missing, unknown or given
/// twice, and invalid values. Text that is not YAML is one error.
jobs_file parse_jobs(const std::string& text);

}  // namespace tenure::cron
