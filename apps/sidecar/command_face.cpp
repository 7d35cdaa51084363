#include "sidecar/command_face.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "runtime/task_scope.hpp"
#include "sidecar/environment_text.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using command::outcome;

command_face::command_face(std::shared_ptr<const runtime::environment> outside,
                           command::command_host& host, standing_election& election,
                           std::vector<std::shared_ptr<probe>> probes, command_options options)
    : outside_(std::move(outside)),
      host_(host),
      election_(election),
      probes_(std::move(probes)),
      options_(std::move(options)),
      nothing_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      changed_(*outside_->timers),
      gate_(options_.health) {}

command_face::~command_face() {
  if (nothing_ >= 0) ::close(nothing_);
}

void command_face::changed(const status&) {}

// -- while we lead -------------------------------------------------------------------------------

asio::awaitable<void> command_face::lead(term t) {
  commands_ = command::term_commands::open(host_, t, options_.span);
  runtime::task_scope tasks(outside_->executor, *outside_->timers, [](std::exception_ptr) {});
  tasks.spawn(serve(t));
  try {
    for (;;) co_await changed_.wait();
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  commands_->stop();
  changed_.notify_all();
  co_await tasks.join();  // is not cancelled: the command is told to stop, and waited for
  commands_->close();
  commands_.reset();
}

asio::awaitable<void> command_face::serve(term t) {
  pause_ = duration(0);
  while (!commands_->stopping()) {
    co_await run_once(t);
    const time_point again = now() + pause_;
    while (!commands_->stopping() && now() < again) co_await changed_.wait(again);
  }
}

asio::awaitable<void> command_face::run_once(term t) {
  const time_point begin = now();
  running_since_ = begin;
  gate_.began();
  changed_.notify_all();
  log(log_level::info, "starting the command");
  command::invocation what = invocation_of(t);
  outcome how;
  try {
    const outcome result = co_await commands_->run(std::move(what), std::nullopt);
    how = result;
  } catch (const boost::system::system_error& e) {
    how = outcome(outcome::kind::not_started, e.code().value());
  }
  running_since_ = time_point::max();
  if (commands_->stopping()) {
    log(log_level::info, "the command " + how.text());
    co_return;
  }
  const bool steady = now() - begin >= options_.steady;
  const bool good = how.what == outcome::kind::exited && how.number == 0;
  if (steady || good) pause_ = duration(0);
  pause_ = std::clamp<duration>(pause_ * 2, options_.first_pause, options_.longest_pause);
  if (steady || good) gate_.ran_well();
  if (!good) gate_.crashed(now());
  log(good ? log_level::info : log_level::warn, "the command " + how.text());
  if (!good && !gate_.healthy(now())) why_ = "the command " + how.text() + " again and again";
  judge();
  changed_.notify_all();
}

command::invocation command_face::invocation_of(const term& t) const {
  command::invocation what;
  what.argv = options_.argv;
  what.directory = options_.directory;
  what.grace = options_.grace;
  what.input = nothing_;
  environment_text environment;
  environment.set("TENURE_ELECTION", options_.election);
  environment.set("TENURE_KEY", t.key());
  environment.set("TENURE_FENCE", std::to_string(t.fence()));
  environment.set("TENURE_SESSION", t.session());
  environment.set("CONSUL_LOCK_HELD", "true");
  what.environment = environment.take();
  return what;
}

// -- for as long as the sidecar runs -------------------------------------------------------------

asio::awaitable<void> command_face::run() {
  for (;;) {
    judge();
    if (now() >= probe_at()) co_await ask_probes();
    judge();
    const time_point until = std::min(probe_at(), gate_.next(now()));
    co_await changed_.wait(until);
  }
}

time_point command_face::probe_at() const {
  if (probes_.empty()) return time_point::max();
  const time_point next =
      last_probe_ == time_point::min() ? last_probe_ : last_probe_ + options_.interval;
  if (options_.health.probed_always) return next;
  if (running_since_ == time_point::max()) return time_point::max();
  return std::max(next, running_since_ + options_.start);
}

asio::awaitable<void> command_face::ask_probes() {
  last_probe_ = now();
  const time_point of = running_since_;
  for (const auto& each : probes_) {
    const finding found = co_await each->ask(now() + options_.timeout);
    if (found.good) continue;
    if (!options_.health.probed_always && of != running_since_) co_return;  // of another run
    why_ = found.why;
    log(log_level::warn, "not well: " + found.why);
    gate_.probed(false, now());
    co_return;
  }
  gate_.probed(true, now());
}

void command_face::judge() {
  const bool healthy = gate_.healthy(now());
  if (healthy == healthy_) return;
  healthy_ = healthy;
  if (healthy)
    log(log_level::info, "standing again");
  else
    log(log_level::error, "giving leadership up: " + why_);
  election_.set_healthy(healthy);
}

void command_face::log(log_level level, const std::string& line) const {
  outside_->log->log(level, line, {log_field("election", options_.election)});
}

}  // namespace tenure::sidecar
