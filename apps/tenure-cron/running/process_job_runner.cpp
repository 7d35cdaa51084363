#include "tenure-cron/running/process_job_runner.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/running/active_run.hpp"
#include "tenure-cron/running/run_log.hpp"

namespace tenure::cron {

namespace asio = boost::asio;

/// The commands of a term. They follow its lease until the term is over.
class process_job_runner::term_use {
 public:
  explicit term_use(std::shared_ptr<command::term_commands> c) : commands(std::move(c)) {}

  std::shared_ptr<command::term_commands> commands;
  std::size_t runs = 0;
  bool over = false;
};

/// A run, listed from its begin to its end.
class process_job_runner::registered_run {
 public:
  registered_run(process_job_runner& all, run_request what, term leading)
      : all_(all),
        term_(leading.key(), leading.fence()),
        use_(all.use(leading)),
        run(what, std::move(leading), use_->commands, all.output_of(what),
            all.services_.timers) {
    ++use_->runs;
    all_.runs_[run.request.run_id] = &run;
  }
  registered_run(const registered_run&) = delete;
  registered_run& operator=(const registered_run&) = delete;
  ~registered_run() {
    all_.runs_.erase(run.request.run_id);
    --use_->runs;
    all_.drop_if_over(term_);
  }

 private:
  process_job_runner& all_;
  const term_id term_;
  const std::shared_ptr<term_use> use_;

 public:
  active_run run;
};

process_job_runner::process_job_runner(runner_services& services, runner_options options)
    : services_(services),
      options_(std::move(options)),
      files_(services.log),
      budget_(options_.max_output),
      no_input_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
  // The secrets as well: a job may name them.
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment_.emplace_back(*variable);
}

process_job_runner::~process_job_runner() {
  report_dropped(output_budget::when::last);
  for (const auto& [id, use] : terms_) use->commands->close();
}

asio::awaitable<run_result> process_job_runner::run(run_request what, term leading) {
  auto to_end = run_to_end(std::move(what), std::move(leading));
  run_result result = co_await asio::co_spawn(
      services_.commands.executor(), std::move(to_end),
      asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
  co_return result;
}

asio::awaitable<run_result> process_job_runner::run_to_end(run_request what, term leading) {
  what.key = leading.key();
  what.fence = leading.fence();
  registered_run listed(*this, std::move(what), std::move(leading));
  active_run& run = listed.run;
  co_await make_attempts(run);
  run.result.took = services_.timers.now() - run.began;
  run.result.tail = run.output->tail();
  log_end(*services_.log, options_.tenant, run);
  co_await report_failure(run);
  report_dropped(output_budget::when::due);
  co_return std::move(run.result);
}

void process_job_runner::stop(const std::string& run_id, stop_cause why) {
  const auto found = runs_.find(run_id);
  if (found != runs_.end()) found->second->stop(why);
}

void process_job_runner::stop_all(stop_cause why) {
  for (const auto& [id, run] : runs_) run->stop(why);
}

void process_job_runner::kill_all() {
  for (const auto& [id, run] : runs_) {
    run->stop(stop_cause::shutdown);
    if (run->command) run->command->kill();
  }
}

std::shared_ptr<process_job_runner::term_use> process_job_runner::use(const term& leading) {
  const term_id id(leading.key(), leading.fence());
  std::shared_ptr<term_use>& known = terms_[id];
  if (!known) {
    known = std::make_shared<term_use>(
        command::term_commands::open(services_.commands, leading, options_.span));
    known->commands->on_term_end([this, id, use = std::weak_ptr(known)] {
      if (const auto ended = use.lock()) ended->over = true;
      drop_if_over(id);
    });
  }
  return known;
}

void process_job_runner::drop_if_over(const term_id& id) {
  const auto found = terms_.find(id);
  if (found == terms_.end() || !found->second->over || found->second->runs > 0) return;
  found->second->commands->close();
  terms_.erase(found);
}

std::shared_ptr<run_output> process_job_runner::output_of(const run_request& what) {
  line_origin from;
  from.tenant = options_.tenant;
  from.job = what.what->name;
  from.tick = rfc3339(what.tick);
  from.run_id = what.run_id;
  const auto& file = what.what->output;
  std::shared_ptr<output_target> target = file ? files_.open(*file) : services_.output;
  return std::make_shared<run_output>(std::move(from), options_.format, std::move(target),
                                      [this](std::size_t bytes) { return admit_output(bytes); });
}

bool process_job_runner::admit_output(std::size_t bytes) {
  const bool admitted = budget_.admit(bytes, services_.timers.now());
  if (admitted) report_dropped(output_budget::when::due);
  return admitted;
}

void process_job_runner::report_dropped(output_budget::when w) {
  const auto dropped = budget_.report(services_.timers.now(), w);
  if (!dropped) return;
  services_.log->log(log_level::warn, "output dropped",
                     {log_field("tenant", options_.tenant), log_field("lines", dropped->lines),
                      log_field("bytes", dropped->bytes)});
}

}  // namespace tenure::cron
