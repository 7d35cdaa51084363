// tenure-cron history: the last runs of a job.
#include <chrono>
#include <cstdio>
#include <memory>

#include "common/argument_checks.hpp"
#include "common/duration.hpp"
#include "common/json.hpp"
#include "common/log/line_writer.hpp"
#include "common/output.hpp"
#include "common/text_table.hpp"
#include "tenure-cron/commands/commands.hpp"
#include "tenure-cron/commands/ledger_options.hpp"
#include "tenure-cron/commands/unknown_job.hpp"
#include "tenure-cron/operating/operations.hpp"
#include "tenure-cron/output/output_line.hpp"
#include "tenure-cron/running/run_request.hpp"

namespace tenure::cron {
namespace {

namespace asio = boost::asio;

struct history_options {
  ledger_options ledger;
  std::string job;
  std::string member;
  std::size_t limit = 20;
  bool json = false;
};

apps::table_row row_of(const run_record& r) {
  const bool ran = r.state != record_state::skipped;
  const bool of_tick = r.run_id.empty();
  const std::string tick = rfc3339(r.tick) + (r.until != r.tick ? " .. " + rfc3339(r.until) : "");
  return {tick,
          outcome_of(r),
          ran ? apps::one_line(r.host) : "-",
          ran ? std::to_string(r.fence) : "-",
          r.state == record_state::finished ? apps::to_text(r.took) : "-",
          r.exited() ? std::to_string(r.exit_code) : "-",
          of_tick ? "-" : to_string(r.trigger),
          printable(detail_of(r))};
}

asio::awaitable<int> print_history(std::shared_ptr<history_options> o, kv store) {
  const ledger_keys whole = o->ledger.keys();
  const ledger_keys keys = o->member.empty() ? whole : whole.of_host(o->member);
  const std::optional<job_status> status = co_await read_job(store, keys, o->job);
  if (!status) {
    co_await print_unknown_job(store, o->ledger, "history", o->job, "name a host with --member");
    co_return 1;
  }
  const std::vector<run_record> found = co_await read_history(store, keys, o->job, o->limit);
  if (o->json) {
    for (const run_record& r : found) apps::print_line(to_json(r));
    co_return apps::exit_ok;
  }
  std::vector<apps::table_row> rows{
      {"TICK", "RESULT", "HOST", "FENCE", "TOOK", "EXIT", "TRIGGER", "REASON"}};
  for (const run_record& r : found) rows.push_back(row_of(r));
  const std::vector<std::string> lines = apps::aligned(rows);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    apps::print_line(lines[i]);
    const std::string tail = i == 0 ? "" : found[i - 1].tail;
    for (std::size_t at = 0; at < tail.size();) {
      const std::size_t end = std::min(tail.find('\n', at), tail.size());
      apps::print_line("    | " + printable(tail.substr(at, end - at)));
      at = end + 1;
    }
  }
  co_return apps::exit_ok;
}

}  // namespace

void add_history_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<history_options>();
  CLI::App* command = app.add_subcommand("history", "Print the last runs of a job");
  add_job_name(*command, o->job, "the name of the job")->required();
  command->add_option("--member", o->member, "the host, for a job with run_on: all")
      ->type_name("NAME")
      ->check(apps::check_member_name);
  command->add_option("--limit", o->limit, "how many records")
      ->type_name("N")
      ->check(apps::whole_number(1, 20'000))
      ->capture_default_str();
  command->add_flag("--json", o->json, "print a line of JSON for each record");
  o->ledger.add_to(*command);
  command->footer(
      R"(Prints the records of the ledger, the newest first: runs, ticks that did not run with
their reason, and the end of the output of a run. The job's `history:` says how many
records are kept. docs/cron.md has the members of a line of JSON. Exit codes: 0; 1 for
a job that the ledger does not have; 69 if Consul is out of reach or refuses.

  tenure-cron history backup --file jobs.yaml)");
  command->callback([o, &chosen] {
    chosen = [o] { return o->ledger.run([o](kv store) { return print_history(o, store); }); };
  });
}

}  // namespace tenure::cron
