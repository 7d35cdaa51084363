#include "tenure-cron/cron_daemon.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <utility>

#include "common/options.hpp"
#include "tenure-cron/schedule/stable_hash.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

constexpr duration least_refusal_pause = 1s;
constexpr duration most_refusal_pause = 15s;

elections_options elections_options_of(const daemon_options& options) {
  elections_options o;
  o.name("tenure-cron");
  o.log(options.log);
  o.liveness(options.liveness);
  return o;
}

}  // namespace

cron_daemon::cron_daemon(asio::io_context& io, daemon_options options, const jobs_file& file,
                         stdout_writer& output)
    : io_(io),
      file_(file),
      log_(options.log),
      profile_(options.profile),
      elections_(io.get_executor(), options.consul, elections_options_of(options)),
      election_(enter(options)),
      host_(io.get_executor(), log_),
      context_(io.get_executor(), output, log_, profile_.stop_budget()),
      planner_(file.jobs),
      timer_(io.get_executor()),
      signals_(io),
      runs_timer_(io, time_point::max()) {
  apps::catch_signals(signals_, {SIGINT, SIGTERM, SIGHUP});
}

election cron_daemon::enter(const daemon_options& options) {
  if (!options.group) return elections_.enter(file_.election, profile_);
  group_.emplace(elections_.join(options.group->prefix, options.group->how));
  return group_->enter(file_.election);
}

asio::awaitable<void> cron_daemon::run() {
  asio::co_spawn(io_, handle_signals(), asio::detached);
  log_->log(log_level::info, "campaign started",
            {log_field("election", file_.election), log_field("value", profile_.value()),
             log_field("jobs", static_cast<std::uint64_t>(file_.jobs.size()))});
  std::exception_ptr failure;
  try {
    while (signal_ == 0) {
      const term won = co_await win_term();
      if (won) co_await serve_term(won);
    }
  } catch (const boost::system::system_error&) {
    failure = std::current_exception();
  }
  co_await elections_.shut_down();
  while (runs_ > 0) co_await runs_timer_.async_wait(no_throw);  // for their last lines
  signals_.cancel();
  if (failure) std::rethrow_exception(failure);
}

// Returns an empty term if a signal came first.
asio::awaitable<term> cron_daemon::win_term() {
  term won;
  bool refused = false;
  auto campaign = election_.campaign();
  try {
    term t = co_await asio::co_spawn(
        io_, std::move(campaign),
        asio::bind_cancellation_slot(cancel_.slot(), asio::use_awaitable));
    won = std::move(t);
    refusal_pause_ = duration(0);
  } catch (const boost::system::system_error& e) {
    refused = e.code() == consul_errc::forbidden;
    if (signal_ == 0 && !refused) throw;
  }
  if (refused && signal_ == 0) co_await wait_after_refusal();
  co_return won;
}

// The library has logged which right is missing. It may be granted at any time.
asio::awaitable<void> cron_daemon::wait_after_refusal() {
  refusal_pause_ = std::clamp<duration>(refusal_pause_ * 2, least_refusal_pause,
                                        most_refusal_pause);
  co_await timer_.wait_until(wall_now() + std::chrono::ceil<std::chrono::seconds>(refusal_pause_));
}

asio::awaitable<void> cron_daemon::serve_term(term t) {
  commands_ = command::term_commands::open(host_, t, profile_.span());
  commands_->on_term_end([this] {
    timer_.interrupt();
    end_splays();
  });
  if (signal_ != 0) commands_->stop();
  log_->log(log_level::info, "schedule started",
            {log_field("election", t.key()), log_field("fence", t.fence())});
  if (group_) asio::co_spawn(io_, follow_hand_over(t), asio::detached);
  co_await run_schedule(t);
  co_await commands_->idle();
  commands_->close();
  commands_.reset();
  if (group_ && signal_ != 0) {
    // So another member gets the key by a hand-over.
    asio::co_spawn(io_, group_->leave(), asio::detached);
    co_await t.stop_requested();
  }
  const end_reason reason = co_await t.resign();
  const bool planned = signal_ != 0 || reason == end_reason::handed_over;
  log_->log(planned ? log_level::info : log_level::warn, "schedule stopped",
            {log_field("election", t.key()), log_field("fence", t.fence()),
             log_field("reason", to_string(reason))});
}

// At a request the schedule ends as soon as no job runs.
asio::awaitable<void> cron_daemon::follow_hand_over(term t) {
  try {
    co_await t.hand_over_requested();
  } catch (const boost::system::system_error&) {
    co_return;
  }
  if (!t.hand_over_wanted()) co_return;
  log_->log(log_level::info, "hand-over requested",
            {log_field("election", t.key()), log_field("fence", t.fence())});
  timer_.interrupt();
}

bool cron_daemon::hands_over(const term& t) const {
  return t.hand_over_wanted() && runs_ == 0;
}

// Starts each job when it is due, until the commands of the term must stop.
asio::awaitable<void> cron_daemon::run_schedule(const term& t) {
  planner_.begin(wall_now());
  while (!commands_->stopping() && !hands_over(t)) {
    const wall_timer::wakeup why = co_await timer_.wait_until(planner_.next());
    if (commands_->stopping() || hands_over(t)) co_return;
    if (why == wall_timer::wakeup::clock_set) {
      log_->log(log_level::warn, "wall clock was set");
      planner_.clock_was_set(wall_now());
    }
    start_due_jobs(t);
  }
}

void cron_daemon::start_due_jobs(const term& t) {
  for (const due_job& due : planner_.take_due(wall_now())) {
    const log_field job_field("job", due.what->name);
    const log_field tick_field("tick", rfc3339(due.tick));
    const log_field fence("fence", t.fence());
    if (due.missed > 0)
      log_->log(log_level::warn, "earlier ticks missed",
                {job_field, tick_field, log_field("missed", due.missed), fence});
    switch (registry_.try_begin(due.what->name, due.tick, due.what->when.follows_clock())) {
      case run_registry::decision::run:
        log_->log(log_level::debug, "job started", {job_field, tick_field, fence});
        ++runs_;
        asio::co_spawn(io_, run_one(commands_, t, due), asio::detached);
        break;
      case run_registry::decision::still_running:
        log_->log(log_level::warn, "job skipped",
                  {job_field, log_field("reason", "still_running"), tick_field, fence});
        break;
      case run_registry::decision::already_ran:
        log_->log(log_level::info, "job skipped",
                  {job_field, log_field("reason", "already_ran"), tick_field, fence});
        break;
    }
  }
}

asio::awaitable<void> cron_daemon::run_one(std::shared_ptr<command::term_commands> commands,
                                           term t, due_job due) {
  co_await wait_splay(due);
  if (commands->stopping()) {
    log_->log(log_level::warn, "job skipped",
              {log_field("job", due.what->name),
               log_field("reason", commands->term_ended() ? "term_ended" : "shutdown"),
               log_field("tick", rfc3339(due.tick)), log_field("fence", t.fence())});
  } else {
    co_await run_job(context_, commands, t, due);
  }
  registry_.end(due.what->name);
  if (--runs_ == 0) runs_timer_.cancel();
  if (hands_over(t)) timer_.interrupt();
}

// The delay follows from the job and its tick, so that all replicas agree on it.
asio::awaitable<void> cron_daemon::wait_splay(due_job due) {
  const duration longest = due.what->splay;
  if (longest <= duration(0)) co_return;
  const std::uint64_t chosen = stable_hash(due.what->name + ' ' + rfc3339(due.tick)) % 1'000'000;
  command::lease_timer timer(io_, boot_clock::now() + longest / 1'000'000 * chosen);
  splays_.insert(&timer);
  co_await timer.async_wait(no_throw);
  splays_.erase(&timer);
}

void cron_daemon::end_splays() {
  for (command::lease_timer* timer : splays_) timer->cancel();
}

asio::awaitable<void> cron_daemon::handle_signals() {
  for (;;) {
    const auto [error, number] = co_await signals_.async_wait(no_throw);
    if (error) co_return;
    on_signal(number);
  }
}

void cron_daemon::on_signal(int number) {
  if (signal_ == 0) {
    signal_ = number;
    log_->log(log_level::info, "shutdown requested",
              {log_field("signal", static_cast<std::uint64_t>(number))});
    cancel_.emit(asio::cancellation_type::terminal);
    if (commands_) commands_->stop();
    timer_.interrupt();
    end_splays();
  } else if (commands_) {
    commands_->kill();
  } else {
    std::_Exit(128 + number);  // a second signal: do not wait for Consul
  }
}

}  // namespace tenure::cron
