// tenure-cron pause and resume: no ticks of a job, for as long as an operator wants.
#include <cstdio>
#include <memory>

#include "common/log/line_writer.hpp"
#include "common/output.hpp"
#include "tenure-cron/commands/commands.hpp"
#include "tenure-cron/commands/ledger_options.hpp"
#include "tenure-cron/commands/unknown_job.hpp"
#include "tenure-cron/operating/operations.hpp"

namespace tenure::cron {
namespace {

namespace asio = boost::asio;

struct pause_options {
  ledger_options ledger;
  std::string job;
};

// A job may be paused before its first tick, if the file has it.
asio::awaitable<bool> is_known(std::shared_ptr<pause_options> o, kv store) {
  if (o->ledger.file() && o->ledger.file()->find(o->job)) co_return true;
  const std::optional<stored_key> document =
      co_await store.get(o->ledger.keys().document(o->job));
  if (document) co_return true;
  const std::vector<std::string> members =
      co_await members_with(store, o->ledger.root(), o->job);
  co_return !members.empty();
}

asio::awaitable<int> pause(std::shared_ptr<pause_options> o, kv store) {
  if (is_removed_job(o->ledger, "pause", o->job)) co_return 1;
  const bool known = co_await is_known(o, store);
  if (!known) {
    apps::print_error("tenure-cron pause: the ledger has no job '%s'\n", o->job.c_str());
    co_return 1;
  }
  const bool changed = co_await pause_job(store, o->ledger.keys(), o->job, o->ledger.by());
  apps::print_line(o->job + (changed ? ": paused" : ": is paused already"));
  co_return apps::exit_ok;
}

// Also a job that no file has any more: its pause would wait for its return.
asio::awaitable<int> resume(std::shared_ptr<pause_options> o, kv store) {
  const bool changed = co_await resume_job(store, o->ledger.keys(), o->job);
  if (changed) {
    apps::print_line(o->job + ": resumed");
    co_return apps::exit_ok;
  }
  const bool known = co_await is_known(o, store);
  if (known) {
    apps::print_line(o->job + ": is not paused");
  } else {
    apps::print_error("tenure-cron resume: the ledger has no job '%s'\n", o->job.c_str());
  }
  co_return known ? apps::exit_ok : 1;
}

void add(CLI::App& app, action& chosen, const char* name, const char* about, const char* more,
         asio::awaitable<int> (*task)(std::shared_ptr<pause_options>, kv)) {
  auto o = std::make_shared<pause_options>();
  CLI::App* command = app.add_subcommand(name, about);
  add_job_name(*command, o->job, "the name of the job")->required();
  o->ledger.add_to(*command);
  command->footer(more);
  command->callback([o, task, &chosen] {
    chosen = [o, task] { return o->ledger.run([o, task](kv store) { return task(o, store); }); };
  });
}

}  // namespace

void add_pause_command(CLI::App& app, action& chosen) {
  add(app, chosen, "pause", "Run no ticks of a job until it is resumed",
      R"(A run that goes on is not stopped. The ticks are recorded as skipped, with the reason
paused, and do not run later. Exit codes: 0; 1 for an unknown job; 69 if Consul is out
of reach or refuses.

  tenure-cron pause backup --file jobs.yaml)",
      pause);
}

void add_resume_command(CLI::App& app, action& chosen) {
  add(app, chosen, "resume", "Run the ticks of a paused job again",
      R"(Exit codes: 0; 1 for an unknown job; 69 if Consul is out of reach or refuses.

  tenure-cron resume backup --file jobs.yaml)",
      resume);
}

}  // namespace tenure::cron
