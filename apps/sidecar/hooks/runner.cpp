#include "sidecar/hooks/runner.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <utility>

#include "command/output_lines.hpp"
#include "sidecar/command/child_environment.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using command::outcome;
using namespace std::chrono_literals;

namespace {

// Hooks call is-leader, leader-get and leader-set: other names of this program.
std::string search_path() {
  char place[4096];
  const ssize_t size = ::readlink("/proc/self/exe", place, sizeof place);
  const std::string program(place, size > 0 ? static_cast<std::size_t>(size) : 0);
  const char* path = std::getenv("PATH");
  const std::string inherited = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  const std::size_t slash = program.rfind('/');
  return slash == std::string::npos ? inherited : program.substr(0, slash) + ":" + inherited;
}

/// The fence that the hook has; no fence without a leader.
log_field fence_of(const hook_run& which) {
  return which.fence != 0 ? log_field("fence", which.fence) : log_field("fence", "");
}

}  // namespace

hook_runner::hook_runner(std::shared_ptr<const output_environment> env,
                         command::command_host& commands, const hook_options& options)
    : env_(std::move(env)),
      commands_(commands),
      options_(options),
      null_input_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}

hook_runner::~hook_runner() {
  if (null_input_ >= 0) ::close(null_input_);
}

std::string hook_runner::file_of(hook what) const {
  return options_.folder + "/" + to_string(what);
}

asio::awaitable<hook_result> hook_runner::run(hook_run which) {
  const time_point begin = env_->now();
  const log_field election("election", options_.election);
  const log_field name("hook", to_string(which.what));
  const log_field fence = fence_of(which);
  running_ = which.what;
  cut_short_ = false;
  counters::runs& counted = env_->counted->hooks[to_string(which.what)];
  ++counted.started;
  env_->log->log(log_level::info, "hook started", {election, name, fence});
  outcome how;
  bool timed_out = false;
  try {
    const outcome result = co_await run_command(which);
    how = result;
    timed_out = env_->now() - begin >= which.timeout;
  } catch (const boost::system::system_error& e) {
    how = outcome(outcome::kind::not_started, e.code().value());
  }
  elected_.reset();
  other_.reset();
  running_.reset();
  const bool good = how.what == outcome::kind::exited && how.number == 0;
  if (!good) ++counted.failed;
  env_->log->log(good ? log_level::info : log_level::warn, good ? "hook ended" : "hook failed",
                 {election, name, fence, log_field("outcome", how.text()),
                  log_field("exit_code", how.exit_code()),
                  log_field("took_ms", (env_->now() - begin) / 1ms),
                  log_field("timed_out", timed_out)});
  co_return good ? hook_result::succeeded : hook_result::failed;
}

asio::awaitable<outcome> hook_runner::run_command(hook_run which) {
  const time_point begin = env_->now();
  const auto output = command::output_lines::open(
      commands_.executor(),
      [this, what = which.what, fence = fence_of(which)](std::string_view line) {
        env_->log->log(log_level::info, line,
                       {log_field("election", options_.election),
                        log_field("hook", to_string(what)), fence});
      });
  command::invocation run = invocation_of(which);
  run.input = null_input_;
  run.output = run.error = output->descriptor();
  outcome how;
  try {
    if (which.what == hook::leader_elected) {
      elected_ = command::term_commands::open(commands_, which.term, options_.span);
      const outcome result = co_await elected_->run(std::move(run), which.timeout);
      how = result;
      elected_->close();
    } else {
      timeout_at_ = begin + which.timeout;
      const command::lease_times whole(timeout_at_, timeout_at_ + options_.grace);
      lease_ = held_to(whole, which.end_by);
      other_ = commands_.start(run, lease_);
      const outcome result = co_await other_->gone();
      how = result;
      const time_point now = env_->now();
      if (now >= lease_.stop_at && now < timeout_at_) cut_short_ = true;
    }
  } catch (...) {  // it did not start
    output->close();
    if (elected_) elected_->close();
    throw;
  }
  co_await output->finish();
  co_return how;
}

void hook_runner::stop() {
  if (elected_) elected_->stop();
  if (other_) other_->stop();
}

void hook_runner::hold_to(time_point end_by) {
  if (!other_) return;
  lease_ = held_to(lease_, end_by);
  other_->set_lease(lease_);
}

void hook_runner::kill() {
  cut_short_ = running_.has_value();
  if (elected_) elected_->kill();
  if (other_) other_->kill();
}

// The hook gets the most of the time: from SIGTERM to SIGKILL a fifth of it at most.
command::lease_times hook_runner::held_to(command::lease_times lease, time_point end_by) const {
  if (lease.kill_at <= end_by) return lease;
  const duration left = std::max<duration>(end_by - env_->now(), duration(0));
  const duration grace = std::min<duration>(options_.grace, left / 5);
  return command::lease_times(std::min(lease.stop_at, end_by - grace), end_by);
}

command::invocation hook_runner::invocation_of(const hook_run& which) const {
  command::invocation made;
  made.argv = {file_of(which.what)};
  made.directory = options_.folder;
  made.grace = options_.grace;
  child_environment environment(options_.pass_env);
  environment.set("PATH", search_path());
  environment.set("TENURE_ELECTION", options_.election);
  environment.set("TENURE_KEY", options_.key);
  environment.set("TENURE_HOOK", to_string(which.what));
  environment.set("TENURE_FENCE", std::to_string(which.fence));
  environment.set("TENURE_LEADER", which.leader);
  environment.set("TENURE_SNAPSHOT", which.snapshot ? std::to_string(*which.snapshot) : "");
  if (which.what == hook::leader_elected) environment.set("TENURE_SESSION", which.term.session());
  made.environment = environment.take();
  return made;
}

}  // namespace tenure::sidecar
