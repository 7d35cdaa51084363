// The jobs file: what to run and when, in YAML.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/config_errors.hpp"
#include "tenure-cron/jobs_file/job.hpp"

namespace tenure::cron {

/// What one file may use. An option of the replica may set lower limits.
class file_limits {
 public:
  std::uint32_t max_jobs = 10'000;
  std::optional<std::uint32_t> max_parallel;  ///< runs of all jobs at a time
  std::optional<std::uint64_t> max_output;    ///< bytes a second that its jobs write
};

class jobs_file {
 public:
  /// The same for two files that mean the same: 16 hexadecimal digits.
  std::string digest() const;
  /// The job of that name, or nothing.
  job_ptr find(const std::string& name) const;

  std::string election;
  std::string ledger;          ///< the prefix of the ledger's keys, without a slash at its end
  std::optional<std::string> token_file;  ///< of the ACL token; unset: that of the process
  std::optional<bool> spread;  ///< one election for each job; unset: where a group is named
  file_limits limits;
  std::vector<job_ptr> jobs;
  /// Sorted by line. With an error, the rest is unusable.
  std::vector<apps::config_error> errors;
};

/// Reads the text of a file and reports every error in it: keys that are missing, unknown or given
/// twice, and invalid values. Text that is not YAML is one error.
jobs_file parse_jobs(const std::string& text);

}  // namespace tenure::cron
