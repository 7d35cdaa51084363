// The values of the keys of a job.
#pragma once

#include <string>
#include <vector>

#include "common/yaml_map.hpp"
#include "tenure-cron/jobs_file/job.hpp"

namespace tenure::cron {

/// Letters, digits, '-', '_' and '.'.
bool is_job_name(const std::string& s);
constexpr std::size_t longest_job_name = 100;

/// Reads the keys that `map` has into `into`, all but those that say when the job is due.
void read_values(const apps::yaml_map& map, const std::string& label, job& into);

/// A text for the shell, or a list of a program and its arguments. Empty after an error.
std::vector<std::string> read_command(const apps::yaml_map& map, const char* key);

}  // namespace tenure::cron
