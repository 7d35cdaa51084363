#include "tenure-cron/running/job_run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <ctime>
#include <utility>

#include "command/descriptor.hpp"
#include "common/duration.hpp"
#include "tenure-cron/running/job_output.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using command::descriptor;
using command::outcome;

namespace {

command::invocation invocation_of(const due_job& due, const term& leading) {
  const job& what = *due.what;
  command::invocation made;
  made.argv = what.argv;
  made.inherit_environment();
  for (const auto& [name, value] : what.env) made.set_variable(name, value);
  made.set_variable("TENURE_JOB", what.name);
  made.set_variable("TENURE_TICK", rfc3339(due.tick));
  made.set_variable("TENURE_KEY", leading.key());
  made.set_variable("TENURE_FENCE", std::to_string(leading.fence()));
  return made;
}

void log_end(log_sink& log, const due_job& due, const term& leading, outcome ended,
             duration elapsed) {
  const duration took = std::chrono::round<std::chrono::milliseconds>(elapsed);
  const bool timed_out = due.what->timeout && took >= *due.what->timeout;
  const bool succeeded = ended.what == outcome::kind::exited && ended.number == 0;
  const char* const event = timed_out   ? "job timed out"
                            : succeeded ? "job succeeded"
                                        : "job failed";
  log.log(succeeded ? log_level::info : log_level::warn, event,
          {log_field("job", due.what->name), log_field("outcome", ended.text()),
           log_field("tick", rfc3339(due.tick)), log_field("took", apps::to_text(took)),
           log_field("fence", leading.fence())});
}

}  // namespace

std::string rfc3339(sys_seconds t) {
  const std::time_t seconds = t.time_since_epoch().count();
  std::tm utc = {};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc));
}

asio::awaitable<void> run_job(run_context& context,
                              std::shared_ptr<command::term_commands> commands, term leading,
                              due_job due) {
  const time_point begin = boot_clock::now();
  outcome ended;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == 0) {
    const auto output = std::make_shared<job_output>(context.executor, context.output,
                                                     due.what->name, ends[0]);
    descriptor writable(ends[1]);
    const descriptor no_input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    command::invocation run = invocation_of(due, leading);
    run.input = no_input.get();
    run.output = run.error = writable.get();
    run.grace = context.grace;
    asio::co_spawn(context.executor, output->read(), asio::detached);
    try {
      const outcome result = co_await commands->run(std::move(run), due.what->timeout);
      ended = result;
    } catch (const boost::system::system_error& e) {
      ended = outcome(outcome::kind::not_started, e.code().value());
    }
    writable.close();  // the last writer: the reader reaches the end of the pipe
    co_await output->finish();
  } else {
    ended = outcome(outcome::kind::not_started, errno);
  }
  log_end(*context.log, due, leading, ended, boot_clock::now() - begin);
}

}  // namespace tenure::cron
