// What the command line says about a replica.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/log.hpp>
#include <tenure/metrics.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "common/group_options.hpp"
#include "tenure-cron/output/output_line.hpp"

namespace tenure::cron {

class daemon_options {
 public:
  daemon_options(consul_config c, candidacy p) : consul(std::move(c)), profile(std::move(p)) {}

  consul_config consul;
  candidacy profile;
  std::string replica;  ///< its name for people, such as the members of a group
  std::string member;   ///< the name of its host: jobs with run_on: all run once there
  std::set<std::string> labels;  ///< that a job may ask for by `on:`: "gpu", "zone=a"
  std::optional<apps::group_membership> group;
  std::optional<duration> liveness;
  output_format format = output_format::text;  ///< of the lines of jobs
  duration drain{0};  ///< how long running jobs may go on after SIGTERM
  std::shared_ptr<log_sink> log = silent_log();
  std::shared_ptr<metrics_sink> metrics;

  /// Whether this replica has all of these labels; "zone" is enough for "zone=a".
  bool has_labels(const std::vector<std::string>& on) const {
    return std::ranges::all_of(on, [this](const std::string& wanted) {
      const auto value = labels.lower_bound(wanted + '=');
      return labels.contains(wanted) ||
             (value != labels.end() && value->starts_with(wanted + '='));
    });
  }
};

}  // namespace tenure::cron
