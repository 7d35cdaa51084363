// tenure-cron list: the jobs of a ledger.
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <set>

#include "common/json.hpp"
#include "common/log/line_writer.hpp"
#include "common/output.hpp"
#include "common/text_table.hpp"
#include "tenure-cron/commands/commands.hpp"
#include "tenure-cron/commands/ledger_options.hpp"
#include "tenure-cron/operating/operations.hpp"
#include "tenure-cron/running/run_request.hpp"

namespace tenure::cron {
namespace {

namespace asio = boost::asio;

struct list_options {
  ledger_options ledger;
  bool json = false;
};

std::string last_text(const job_status& status) {
  const run_record* const last = status.last();
  if (last == nullptr) return "-";
  return rfc3339(last->until) + ' ' + outcome_of(*last);
}

std::string host_of(const job_status& status) {
  if (const open_run* now = status.current(); now != nullptr && !now->host.empty())
    return now->host;
  const run_record* const last = status.last();
  return last == nullptr || last->host.empty() ? "-" : last->host;
}

std::string leader_of(const job_status& status) {
  if (!status.leader) return "-";
  return status.leader->empty() ? "none" : apps::one_line(*status.leader);
}

apps::table_row row_of(const job_status& status) {
  const ledger_document empty;
  const ledger_document& document = status.document ? *status.document : empty;
  std::string state = status.state();
  if (status.paused && state == "paused") {
    const auto at = std::chrono::floor<std::chrono::seconds>(status.paused->at);
    if (!status.paused->by.empty()) state += " by " + status.paused->by;
    if (at > sys_seconds{}) state += " since " + rfc3339(at);
  }
  return {status.name,
          document.schedule.empty() ? "-" : apps::one_line(document.schedule),
          state,
          leader_of(status),
          status.next() ? rfc3339(*status.next()) : "-",
          last_text(status),
          apps::one_line(host_of(status))};
}

// Jobs of the file that no leader has seen yet are listed, too.
void add_unseen(std::vector<job_status>& all, const jobs_file& file) {
  std::set<std::string> seen;
  for (const job_status& one : all) seen.insert(one.name);
  for (const job_ptr& j : file.jobs) {
    if (seen.contains(j->name)) continue;
    job_status made(j->name);
    made.document.emplace();
    made.document->schedule = j->when.text();
    made.document->zone = j->zone.name;
    all.push_back(std::move(made));
  }
}

asio::awaitable<void> show_leaders(kv store, const ledger_options& ledger,
                                   std::vector<job_status>& all) {
  if (ledger.election().empty()) co_return;
  try {
    co_await add_leaders(store, ledger.election(), all);
  } catch (const boost::system::system_error& e) {
    if (e.code() != consul_errc::forbidden) throw;  // a token for the ledger alone is enough
  }
  if (!ledger.file()) co_return;
  std::set<std::string> everywhere;
  for (const job_ptr& j : ledger.file()->jobs) {
    if (j->run_on == run_place::all) everywhere.insert(j->name);
  }
  for (job_status& one : all) {
    if (everywhere.contains(one.name)) one.leader.reset();
    if (one.removed && one.leader) one.leader->clear();
  }
}

asio::awaitable<int> list_jobs(std::shared_ptr<list_options> o, kv store) {
  std::vector<job_status> all = co_await read_jobs(store, o->ledger.root());
  if (o->ledger.file()) {
    mark_removed(all, *o->ledger.file());
    add_unseen(all, *o->ledger.file());
  }
  if (all.empty()) {
    apps::print_error("tenure-cron list: the ledger has no jobs\n");
    co_return 1;
  }
  co_await show_leaders(store, o->ledger, all);
  std::vector<apps::table_row> rows{{"JOB", "SCHEDULE", "STATE", "LEADER", "NEXT", "LAST", "HOST"}};
  for (const job_status& one : all) {
    if (o->json) {
      apps::print_line(to_json(one));
    } else {
      rows.push_back(row_of(one));
    }
  }
  if (o->json) co_return apps::exit_ok;
  for (const std::string& line : apps::aligned(rows)) apps::print_line(line);
  co_return apps::exit_ok;
}

}  // namespace

void add_list_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<list_options>();
  CLI::App* command = app.add_subcommand("list", "List the jobs and what they do now");
  command->add_flag("--json", o->json, "print a line of JSON for each job");
  o->ledger.add_to(*command);
  command->footer(
      R"(Reads the ledger in Consul, from any machine. Times are UTC. STATE is running,
waiting, paused, idle, or with --file removed: the ledger has the job, and the file does
not. LEADER is the replica that leads the job, or none; - for jobs with run_on: all, with
--ledger alone, and if the token may not read the election. HOST is the replica that runs
the job, or ran it last.
Exit codes: 0; 1 if there are no jobs; 69 if Consul is out of reach or refuses.

  tenure-cron list --file jobs.yaml)");
  command->callback([o, &chosen] {
    chosen = [o] { return o->ledger.run([o](kv store) { return list_jobs(o, store); }); };
  });
}

}  // namespace tenure::cron
