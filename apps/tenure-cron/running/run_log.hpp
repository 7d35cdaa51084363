// The log lines of a run, and its record for on_failure.
#pragma once

#include <string>
#include <tenure/log.hpp>

#include "command/outcome.hpp"
#include "tenure-cron/running/active_run.hpp"

namespace tenure::cron {

void log_start(log_sink& log, const std::string& tenant, const active_run& run, unsigned attempt);
void log_retry(log_sink& log, const std::string& tenant, const active_run& run, duration pause);
/// Processes that the command left when it ended by itself.
void log_left_behind(log_sink& log, const std::string& tenant, const active_run& run, int count);
/// Output that its target did not take in time.
void log_lost_output(log_sink& log, const std::string& tenant, const active_run& run,
                     std::size_t bytes);
void log_failed_report(log_sink& log, const std::string& tenant, const active_run& run,
                       const command::outcome& how);
void log_end(log_sink& log, const std::string& tenant, const active_run& run);

/// What the command of `on_failure` gets on its standard input: one JSON object and a line break.
std::string failure_record(const active_run& run, const std::string& host);

}  // namespace tenure::cron
