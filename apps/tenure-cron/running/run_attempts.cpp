// process_job_runner: the attempts of a run, and their processes.
#include <sys/mman.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <tenure/error.hpp>
#include <utility>

#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/running/active_run.hpp"
#include "tenure-cron/running/process_job_runner.hpp"
#include "tenure-cron/running/retry_pause.hpp"
#include "tenure-cron/running/run_environment.hpp"
#include "tenure-cron/running/run_log.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using command::outcome;
using namespace std::chrono_literals;

namespace {

constexpr duration longest_report = 1min;  // of the command of on_failure

using ending = run_result::ending;

[[noreturn]] void fail(const char* what) {
  throw boost::system::system_error(errno, boost::system::system_category(), what);
}

// A text that a process can read as its standard input, whatever its length.
int readable(const std::string& text) {
  const int made = ::memfd_create("tenure-stdin", MFD_CLOEXEC);
  if (made < 0) fail("memfd_create");
  command::descriptor owner(made);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(made, text.data() + done, text.size() - done);
    if (written < 0) fail("write");
    done += static_cast<std::size_t>(written);
  }
  ::lseek(made, 0, SEEK_SET);
  return owner.release();
}

command::kill_scope scope_of(kill_scope scope) {
  switch (scope) {
    case kill_scope::process: return command::kill_scope::process;
    case kill_scope::group: return command::kill_scope::group;
    case kill_scope::tree: break;
  }
  return command::kill_scope::tree;
}

stop_cause cause_of(const outcome& how, stop_cause requested) {
  switch (how.cause) {
    case command::stop_cause::none: return stop_cause::none;
    case command::stop_cause::timeout: return stop_cause::timeout;
    case command::stop_cause::lease: return stop_cause::lease;
    case command::stop_cause::stop:
    case command::stop_cause::kill: break;
  }
  return requested == stop_cause::none ? stop_cause::shutdown : requested;
}

void judge(active_run& run, const outcome& how) {
  run_result& result = run.result;
  const bool began = result.attempts > 1 || how.what != outcome::kind::not_started;
  result.text = how.text();
  result.exit_code = how.what == outcome::kind::exited ? how.number : 0;
  result.signal_number = how.what == outcome::kind::signalled ? how.number : 0;
  result.cause = cause_of(how, run.requested);
  if (!began) {
    result.how = ending::not_started;
  } else if (result.cause != stop_cause::none) {
    result.how = ending::stopped;
  } else {
    const bool succeeded = how.what == outcome::kind::exited && how.number == 0;
    result.how = succeeded ? ending::succeeded : ending::failed;
  }
}

// A run that ended by itself or by its time-out. After other stops nothing more may run.
bool has_failed(const active_run& run) {
  return run.result.how != ending::succeeded && run.requested == stop_cause::none &&
         (run.result.cause == stop_cause::none || run.result.cause == stop_cause::timeout);
}

}  // namespace

asio::awaitable<void> process_job_runner::make_attempts(active_run& run) {
  for (unsigned number = 1;; ++number) {
    co_await services_.turns.next();
    if (!run.may_start()) {
      run.result.cause = run.why_not();
      if (number == 1) run.result.text = "the term did not hold any more";
      if (number == 1 && run.requested != stop_cause::none)
        run.result.text = "stopped before it began";
      co_return;
    }
    co_await make_attempt(run, number);
    if (run.hopeless || number > run.what().retry.retries) co_return;
    if (run.result.how == ending::failed && run.requested != stop_cause::none)
      run.result.cause = run.requested;  // the stop came after its end
    if (!has_failed(run)) co_return;
    co_await wait_for_retry(run);
  }
}

asio::awaitable<void> process_job_runner::make_attempt(active_run& run, unsigned number) {
  run.result.attempts = number;
  run.output->begin_attempt(number);
  outcome how;
  try {
    run.from_files = read_env_files(run.what());
    command::invocation made = invocation_of(run, number);
    made.argv = run.what().argv;
    if (run.what().timeout) made.stop_by = services_.timers.now() + *run.what().timeout;
    log_start(*services_.log, options_.tenant, run, number);
    auto ended = run_process(run, std::move(made), run.what().input);
    const outcome gone = co_await std::move(ended);
    how = gone;
  } catch (const bad_env_file& e) {
    how.problem = e.what();
    run.hopeless = true;
  } catch (const boost::system::system_error& e) {
    how = outcome(outcome::kind::not_started, e.code().value());
  }
  if (how.left_behind > 0) log_left_behind(*services_.log, options_.tenant, run, how.left_behind);
  judge(run, how);
}

asio::awaitable<void> process_job_runner::wait_for_retry(active_run& run) {
  const unsigned failed = run.result.attempts;
  const duration pause = retry_pause(run.what().retry, failed, run.request.run_id);
  log_retry(*services_.log, options_.tenant, run, pause);
  const time_point end = services_.timers.now() + pause;
  while (run.may_start() && services_.timers.now() < end) co_await run.changed.wait(end);
}

// The command of on_failure, in the environment of the last attempt.
asio::awaitable<void> process_job_runner::report_failure(active_run& run) {
  if (run.what().on_failure.empty() || !has_failed(run)) co_return;
  co_await services_.turns.next();
  if (!run.may_start()) co_return;
  outcome how;
  try {
    command::invocation made = invocation_of(run, run.result.attempts);
    made.argv = run.what().on_failure;
    made.stop_by = services_.timers.now() + longest_report;
    auto ended = run_process(run, std::move(made), failure_record(run, options_.host));
    const outcome gone = co_await std::move(ended);
    how = gone;
  } catch (const boost::system::system_error& e) {
    how = outcome(outcome::kind::not_started, e.code().value());
  }
  if (how.what != outcome::kind::exited || how.number != 0)
    log_failed_report(*services_.log, options_.tenant, run, how);
}

asio::awaitable<outcome> process_job_runner::run_process(active_run& run, command::invocation how,
                                                         std::optional<std::string> input) {
  const command::descriptor text(input ? readable(*input) : -1);
  const auto output = process_output::open(services_.commands.executor(), services_.timers,
                                           run.output);
  how.input = input ? text.get() : no_input_.get();
  how.output = output->out();
  how.error = output->err();
  outcome ended(outcome::kind::not_started, ECANCELED);
  // The last look at the lease before the process begins: nothing is awaited in between.
  try {
    if (run.leading.holds()) run.command = run.commands->start(std::move(how));
  } catch (...) {
    output->started();  // else its readers wait for ever, and keep the pipes open
    throw;
  }
  output->started();
  if (run.command) {
    const outcome gone = co_await run.command->gone();
    ended = gone;
    run.command.reset();
  } else {
    ended.cause = command::stop_cause::lease;
  }
  const std::size_t lost = co_await output->finish();
  if (lost > 0) log_lost_output(*services_.log, options_.tenant, run, lost);
  co_return ended;
}

command::invocation process_job_runner::invocation_of(const active_run& run,
                                                      unsigned attempt) const {
  const job& what = run.what();
  command::invocation made;
  made.environment = environment_of(run.request, attempt, environment_, run.from_files);
  made.directory = what.cwd;
  made.user = what.user;
  made.group = what.group;
  if (what.umask) made.umask = static_cast<mode_t>(*what.umask);
  made.nice = what.nice;
  made.scope = scope_of(what.kill);
  made.grace = options_.grace;
  return made;
}

}  // namespace tenure::cron
