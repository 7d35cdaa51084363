#include "tenure-cron/running/run_log.hpp"

#include <cstdint>
#include <tenure/toolkit/json_writer.hpp>
#include <vector>

#include "common/duration.hpp"
#include "common/json.hpp"
#include "common/log/wall_time.hpp"
#include "tenure-cron/jobs_file/job.hpp"

namespace tenure::cron {
namespace {

using ending = run_result::ending;

std::string in_ms(duration d) {
  return apps::to_text(std::chrono::round<std::chrono::milliseconds>(d));
}

// The fields that each line begins with. Empty ones are left out.
std::vector<log_field> fields_of(const std::string& tenant, const active_run& run,
                                 const std::string& outcome = "") {
  const run_request& r = run.request;
  return {log_field("job", run.what().name), log_field("outcome", outcome),
          log_field("tick", rfc3339(r.tick)), log_field("run", r.run_id),
          log_field("fence", r.fence),       log_field("tenant", tenant)};
}

const char* event_of(const run_result& result) {
  if (result.how == ending::succeeded) return "job succeeded";
  if (result.cause == stop_cause::timeout) return "job timed out";
  if (result.how == ending::stopped) return "job stopped";
  if (result.how == ending::not_started) return "job not started";
  return "job failed";
}

const char* name_of(kill_scope scope) {
  switch (scope) {
    case kill_scope::process: return "process";
    case kill_scope::group: return "group";
    case kill_scope::tree: break;
  }
  return "tree";
}

}  // namespace

void log_start(log_sink& log, const std::string& tenant, const active_run& run, unsigned attempt) {
  if (!log.enabled(log_level::debug)) return;
  std::vector<log_field> fields = fields_of(tenant, run);
  fields.emplace_back("trigger", to_string(run.request.trigger));
  fields.emplace_back("attempt", attempt);
  log.log(log_level::debug, "job started", fields);
}

void log_retry(log_sink& log, const std::string& tenant, const active_run& run, duration pause) {
  std::vector<log_field> fields = fields_of(tenant, run, run.result.text);
  fields.emplace_back("attempt", run.result.attempts);
  if (run.result.cause != stop_cause::none)
    fields.emplace_back("cause", to_string(run.result.cause));
  fields.emplace_back("retry_in", in_ms(pause));
  log.log(log_level::warn, "job attempt failed", fields);
}

void log_left_behind(log_sink& log, const std::string& tenant, const active_run& run, int count) {
  std::vector<log_field> fields = fields_of(tenant, run);
  fields.emplace_back("processes", count);
  fields.emplace_back("kill", name_of(run.what().kill));
  log.log(log_level::warn, "job left processes behind", fields);
}

void log_lost_output(log_sink& log, const std::string& tenant, const active_run& run,
                     std::size_t bytes) {
  std::vector<log_field> fields = fields_of(tenant, run);
  fields.emplace_back("bytes", bytes);
  log.log(log_level::warn, "output lost", fields);
}

void log_failed_report(log_sink& log, const std::string& tenant, const active_run& run,
                       const command::outcome& how) {
  std::vector<log_field> fields = fields_of(tenant, run, how.text());
  if (how.cause != command::stop_cause::none) fields.emplace_back("cause", to_string(how.cause));
  log.log(log_level::warn, "on_failure command failed", fields);
}

void log_end(log_sink& log, const std::string& tenant, const active_run& run) {
  const run_result& result = run.result;
  const bool succeeded = result.how == ending::succeeded;
  const log_level level = succeeded ? log_level::info : log_level::warn;
  if (!log.enabled(level)) return;
  std::vector<log_field> fields = fields_of(tenant, run, result.text);
  fields.emplace_back("took", in_ms(result.took));
  if (result.attempts > 1) fields.emplace_back("attempts", result.attempts);
  if (result.cause != stop_cause::none) fields.emplace_back("cause", to_string(result.cause));
  log.log(level, event_of(result), fields);
}

std::string failure_record(const active_run& run, const std::string& host) {
  const run_request& r = run.request;
  const run_result& result = run.result;
  const auto text = [](const std::string& t) { return apps::json_string(t); };
  text::json_writer json;
  json.begin_object();
  json.key("job").raw(text(run.what().name)).key("tick").value(rfc3339(r.tick));
  json.key("run").raw(text(r.run_id)).key("trigger").value(to_string(r.trigger));
  json.key("key").raw(text(r.key)).key("fence").value(r.fence).key("host").raw(text(host));
  json.key("state").value(to_string(result.how)).key("text").raw(text(result.text));
  if (result.cause != stop_cause::none) json.key("cause").value(to_string(result.cause));
  json.key("exit_code").value(std::int64_t{result.exit_code});
  json.key("signal").value(std::int64_t{result.signal_number});
  json.key("attempts").value(std::uint64_t{result.attempts});
  json.key("began").value(apps::rfc3339_ms(run.began_at));
  const auto took = std::chrono::round<std::chrono::milliseconds>(result.took);
  json.key("took_ms").value(static_cast<std::int64_t>(took.count()));
  json.key("tail").raw(text(result.tail)).end_object();
  return json.take() + '\n';
}

}  // namespace tenure::cron
