#include "sidecar/command/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <utility>

#include "sidecar/command/child_environment.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using command::outcome;
using namespace std::chrono_literals;

command_output::command_output(std::shared_ptr<const output_environment> env,
                               command::command_host& host, entered_election& election,
                               std::vector<std::shared_ptr<probe>> probes,
                               command_options options)
    : env_(std::move(env)),
      host_(host),
      election_(election),
      probes_(std::move(probes)),
      options_(std::move(options)),
      null_input_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      changed_(*env_->timers),
      gate_(options_.health) {}

command_output::~command_output() {
  if (null_input_ >= 0) ::close(null_input_);
}

bool command_output::probed_always() const {
  return options_.health.probed == health_rules::probing::always;
}

// -- while this process leads --------------------------------------------------------------------

asio::awaitable<void> command_output::lead(term t) {
  commands_ = command::term_commands::open(host_, t, options_.span);
  runtime::task_scope tasks(env_->executor, *env_->timers, [](std::exception_ptr) {});
  tasks.spawn(keep_running(t));
  try {
    for (;;) co_await changed_.wait();
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  commands_->stop();
  changed_.notify_all();
  co_await tasks.join();  // not cancelled: it waits for the command to stop
  commands_->close();
  commands_.reset();
}

void command_output::abandon() {
  if (commands_) commands_->kill();
}

std::string command_output::unfinished() const {
  return commands_ && commands_->running() > 0 ? "command not finished" : "";
}

asio::awaitable<void> command_output::keep_running(term t) {
  pause_ = duration(0);
  while (!commands_->stopping()) {
    co_await run_once(t);
    const time_point again = now() + pause_;
    while (!commands_->stopping() && now() < again) co_await changed_.wait(again);
  }
}

asio::awaitable<void> command_output::run_once(term t) {
  const log_field election("election", options_.election);
  const log_field fence("fence", t.fence());
  const time_point begin = now();
  counters& counted = *env_->counted;
  ++counted.commands.started;
  if (pause_ > duration(0)) ++counted.command_restarts;  // after a run of the same term
  running_since_ = begin;
  gate_.started();
  changed_.notify_all();
  env_->log->log(log_level::info, "command starting", {election, fence});
  command::invocation what = invocation_of(t);
  outcome how;
  try {
    const outcome result = co_await commands_->run(std::move(what), std::nullopt);
    how = result;
  } catch (const boost::system::system_error& e) {
    how = outcome(outcome::kind::not_started, e.code().value());
  }
  running_since_ = time_point::max();
  const log_field ended("outcome", how.text());
  const bool good = how.what == outcome::kind::exited && how.number == 0;
  const bool stopped = commands_->stopping();
  if (!good && !stopped) ++counted.commands.failed;
  env_->log->log(good || stopped ? log_level::info : log_level::warn, "command ended",
                 {election, fence, ended, log_field("exit_code", how.exit_code()),
                  log_field("took_ms", (now() - begin) / 1ms)});
  if (stopped) co_return;
  const bool steady = now() - begin >= options_.steady;
  if (steady || good) pause_ = duration(0);
  pause_ = std::clamp<duration>(pause_ * 2, options_.first_pause, options_.longest_pause);
  if (steady || good) gate_.ran_well();
  if (!good) gate_.crashed(now());
  if (!good && !gate_.healthy(now())) why_unhealthy_ = "the command keeps failing: " + how.text();
  judge();
  changed_.notify_all();
}

command::invocation command_output::invocation_of(const term& t) const {
  command::invocation what;
  what.argv = options_.argv;
  what.directory = options_.directory;
  what.grace = options_.grace;
  what.input = null_input_;
  child_environment environment(options_.pass_env);
  environment.set("TENURE_ELECTION", options_.election);
  environment.set("TENURE_KEY", t.key());
  environment.set("TENURE_FENCE", std::to_string(t.fence()));
  environment.set("TENURE_SESSION", t.session());
  environment.set("CONSUL_LOCK_HELD", "true");
  what.environment = environment.take();
  return what;
}

// -- as long as the sidecar runs -----------------------------------------------------------------

asio::awaitable<void> command_output::run() {
  for (;;) {
    judge();
    if (now() >= next_probe()) co_await run_probes();
    judge();
    const time_point until = std::min(next_probe(), gate_.next(now()));
    co_await changed_.wait(until);
  }
}

time_point command_output::next_probe() const {
  if (probes_.empty()) return time_point::max();
  const time_point next =
      last_probe_ == time_point::min() ? last_probe_ : last_probe_ + options_.interval;
  if (probed_always()) return next;
  if (running_since_ == time_point::max()) return time_point::max();
  return std::max(next, running_since_ + options_.start);
}

asio::awaitable<void> command_output::run_probes() {
  last_probe_ = now();
  const time_point probed_run = running_since_;
  for (const auto& each : probes_) {
    const finding found = co_await each->check(now() + options_.timeout);
    if (found.is_healthy()) continue;
    // Without `always`, a finding about a run that has ended meanwhile does not count.
    if (!probed_always() && probed_run != running_since_) co_return;
    why_unhealthy_ = found.why();
    ++env_->counted->probes_failed;
    env_->log->log(log_level::warn, "probe failed",
                   {log_field("election", options_.election), fence_now(),
                    log_field("reason", found.why())});
    gate_.probed(probe_result::failed, now());
    co_return;
  }
  gate_.probed(probe_result::passed, now());
}

/// Of the term that lasts; nothing without one.
log_field command_output::fence_now() const {
  const term& running = election_.state().term;
  return running ? log_field("fence", running.fence()) : log_field("fence", "");
}

void command_output::judge() {
  const bool healthy = gate_.healthy(now());
  if (healthy == healthy_) return;
  healthy_ = healthy;
  const log_field election("election", options_.election);
  if (healthy) {
    env_->log->log(log_level::info, "candidacy resumed", {election});
  } else {
    env_->log->log(log_level::error, "leadership given up",
                   {election, fence_now(), log_field("reason", why_unhealthy_)});
  }
  election_.set_healthy(*this, healthy);
}

}  // namespace tenure::sidecar
