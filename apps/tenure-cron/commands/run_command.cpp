// tenure-cron run: a run of a job, now.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "common/duration.hpp"
#include "common/json.hpp"
#include "common/log/line_writer.hpp"
#include "common/output.hpp"
#include "tenure-cron/commands/commands.hpp"
#include "tenure-cron/commands/ledger_options.hpp"
#include "tenure-cron/commands/unknown_job.hpp"
#include "tenure-cron/operating/operations.hpp"

namespace tenure::cron {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto first_pause = 100ms, longest_pause = 1000ms;
constexpr auto longest_silence = 5s;  // a hand-over may take so long
constexpr std::size_t searched_records = 40;

struct run_options {
  ledger_options ledger;
  std::string job;
  bool wait = false;
};

class waited_run {
 public:
  std::optional<run_record> record;
  bool ordered = false;  // no leader has taken it
  bool open = false;     // ordered, or in the document
};

asio::awaitable<waited_run> look_for(kv store, ledger_keys keys, std::string job,
                                     std::string run_id) {
  waited_run found;
  const bool ordered = co_await is_ordered(store, keys, run_id);
  found.ordered = found.open = ordered;
  if (ordered) co_return found;
  const std::optional<job_status> status = co_await read_job(store, keys, job);
  if (status) {
    const auto same = [&](const open_run& r) { return r.run_id == run_id; };
    found.open = std::ranges::any_of(status->document->open, same);
  }
  if (found.open) co_return found;
  const std::vector<run_record> all = co_await read_history(store, keys, job, searched_records);
  const auto record = std::ranges::find(all, run_id, &run_record::run_id);
  if (record != all.end()) found.record = *record;
  co_return found;
}

int print_end(const run_record& r, const std::string& job) {
  const std::string detail = apps::one_line(detail_of(r));
  std::string line = job + ": " + outcome_of(r) + (detail.empty() ? "" : ": " + detail);
  if (r.state == record_state::finished) line += ", took " + apps::to_text(r.took);
  if (!r.host.empty()) line += " on " + apps::one_line(r.host);
  apps::print_line(line);
  if (!r.tail.empty()) apps::print_line(r.tail);
  const bool good = r.state == record_state::finished && !r.failed();
  return good ? apps::exit_ok : 1;
}

asio::awaitable<int> wait_for_end(kv store, ledger_keys keys, std::string job,
                                  std::string run_id) {
  asio::steady_timer timer(store.get_executor());
  auto pause = first_pause;
  const auto begin = std::chrono::steady_clock::now();
  bool told = false;
  for (int missing = 0; missing < 3;) {
    const waited_run found = co_await look_for(store, keys, job, run_id);
    if (found.record) co_return print_end(*found.record, job);
    if (found.ordered && !told && std::chrono::steady_clock::now() - begin > longest_silence) {
      told = true;
      apps::print_error("tenure-cron run: no leader has taken run %s of '%s' yet: it stays"
                        " ordered, for the job's starting_deadline\n",
                        run_id.c_str(), job.c_str());
    }
    missing = found.open ? 0 : missing + 1;  // it may move between the reads
    timer.expires_after(pause);
    pause = std::min(pause * 2, longest_pause);
    co_await timer.async_wait(asio::use_awaitable);
  }
  apps::print_error("tenure-cron run: run %s of '%s' did not begin: see tenure-cron history\n",
               run_id.c_str(), job.c_str());
  co_return 1;
}

// The jobs file knows best; a job that no replica has led yet waits for its first leader.
asio::awaitable<bool> can_be_ordered(std::shared_ptr<run_options> o, kv store, ledger_keys keys) {
  if (is_removed_job(o->ledger, "run", o->job)) co_return false;
  bool known = false;
  if (o->ledger.file()) {
    known = o->ledger.file()->find(o->job)->run_on == run_place::leader;
  } else {
    std::string key = keys.document(o->job);
    const std::optional<stored_key> document = co_await store.get(std::move(key));
    known = document.has_value();
  }
  if (!known) {
    co_await print_unknown_job(store, o->ledger, "run", o->job,
                               "its hosts run it at its ticks only");
  }
  co_return known;
}

asio::awaitable<int> run_job_now(std::shared_ptr<run_options> o, kv store) {
  const ledger_keys keys = o->ledger.keys();
  const bool good = co_await can_be_ordered(o, store, keys);
  if (!good) co_return 1;
  const std::string id = co_await order_run(store, keys, o->job, o->ledger.by());
  if (!o->wait) {
    apps::print_line(id);
    co_return apps::exit_ok;
  }
  const int code = co_await wait_for_end(store, keys, o->job, id);
  co_return code;
}

}  // namespace

void add_run_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<run_options>();
  CLI::App* command = app.add_subcommand("run", "Run a job now, on its leader");
  add_job_name(*command, o->job, "the name of the job")->required();
  command->add_flag("--wait", o->wait, "wait for the end of the run and print it");
  o->ledger.add_to(*command);
  command->footer(
      R"(Asks the leader of the job for a run, from any machine, also while the job is paused.
Prints the id of the run; with --wait how it ended. The rule `overlap:` of the job holds
for this run, too. Without a leader the order waits, for the `starting_deadline:` of the
job at most. Exit codes: 0; 1 for an unknown job, one that the named file has not, or one
with run_on: all, and with --wait for a run that did not succeed; 69 if Consul is out of
reach or refuses.

  tenure-cron run backup --file jobs.yaml --wait)");
  command->callback([o, &chosen] {
    chosen = [o] { return o->ledger.run([o](kv store) { return run_job_now(o, store); }); };
  });
}

}  // namespace tenure::cron
