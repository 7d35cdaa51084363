#include "tenure-cron/cron.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "common/options.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

elections_options options_with(std::shared_ptr<log_sink> log, std::optional<duration> liveness) {
  elections_options o;
  o.name = "tenure-cron";
  o.log = std::move(log);
  o.liveness = liveness;
  return o;
}

}  // namespace

cron::cron(asio::io_context& io, consul_config consul, candidacy how, const jobs_file& file,
           line_output& output, std::shared_ptr<log_sink> log,
           std::optional<duration> liveness)
    : io_(io),
      file_(file),
      log_(log),
      how_(std::move(how)),
      elections_(io.get_executor(), std::move(consul), options_with(log, liveness)),
      election_(elections_.enter(file.election, how_)),
      host_(io.get_executor(), log),
      surroundings_(io.get_executor(), output, log, how_.stop_budget()),
      planner_(file.jobs, zone_),
      timer_(io.get_executor()),
      signals_(io),
      runs_timer_(io, time_point::max()) {
  apps::catch_signals(signals_, {SIGINT, SIGTERM, SIGHUP});
}

asio::awaitable<void> cron::run() {
  asio::co_spawn(io_, take_signals(), asio::detached);
  log_->log(log_level::info, "standing",
            {log_field("election", file_.election), log_field("value", how_.value()),
             log_field("jobs", static_cast<std::uint64_t>(file_.jobs.size()))});
  std::exception_ptr failure;
  try {
    while (signal_ == 0) {
      const term won = co_await win();
      if (won) co_await lead(won);
    }
  } catch (const boost::system::system_error&) {
    failure = std::current_exception();
  }
  co_await elections_.shut_down();
  while (runs_ > 0) co_await runs_timer_.async_wait(no_throw);  // they print their last lines
  signals_.cancel();
  if (failure) std::rethrow_exception(failure);
}

// An empty term where a signal said to stop.
asio::awaitable<term> cron::win() {
  term won;
  auto standing = election_.campaign();
  try {
    term t = co_await asio::co_spawn(
        io_, std::move(standing),
        asio::bind_cancellation_slot(cancel_.slot(), asio::use_awaitable));
    won = std::move(t);
  } catch (const boost::system::system_error& e) {
    if (signal_ == 0) throw;
  }
  co_return won;
}

asio::awaitable<void> cron::lead(term t) {
  commands_ = command::term_commands::open(host_, t, how_.span());
  commands_->on_term_end([this] { timer_.interrupt(); });
  if (signal_ != 0) commands_->stop();
  log_->log(log_level::info, "leading, jobs run from now on",
            {log_field("election", t.key()), log_field("fence", t.fence())});
  co_await tick(t);
  co_await commands_->idle();
  commands_->close();
  commands_.reset();
  const end_reason reason = co_await t.resign();
  log_->log(signal_ != 0 ? log_level::info : log_level::warn, "not leading any more",
            {log_field("election", t.key()), log_field("fence", t.fence()),
             log_field("reason", to_string(reason))});
}

// Starts what is due until the jobs have to stop.
asio::awaitable<void> cron::tick(const term& t) {
  planner_.begin(wall_now());
  while (!commands_->stopping()) {
    const wall_timer::woken why = co_await timer_.wait_until(planner_.next());
    if (commands_->stopping()) co_return;
    if (why == wall_timer::woken::clock_set) {
      log_->log(log_level::warn, "the clock was set");
      planner_.clock_was_set(wall_now());
    }
    start_due(t);
  }
}

void cron::start_due(const term& t) {
  for (const due_job& due : planner_.take_due(wall_now())) {
    const log_field job_field("job", due.what->name);
    const log_field tick_field("tick", rfc3339(due.tick));
    if (due.missed > 0)
      log_->log(log_level::warn, "looked too late for earlier ticks of a job",
                {job_field, tick_field, log_field("missed", due.missed)});
    switch (ledger_.begin(due.what->name, due.tick)) {
      case ledger::verdict::run:
        log_->log(log_level::debug, "job starts", {job_field, tick_field});
        ++runs_;
        asio::co_spawn(io_, run_one(commands_, t, due), asio::detached);
        break;
      case ledger::verdict::overlapping:
        log_->log(log_level::warn, "job left out: its last run goes on", {job_field, tick_field});
        break;
      case ledger::verdict::repeated:
        log_->log(log_level::info, "job left out: it ran for this tick", {job_field, tick_field});
        break;
    }
  }
}

asio::awaitable<void> cron::run_one(std::shared_ptr<command::term_commands> commands, term t,
                                    due_job due) {
  co_await run_job(surroundings_, commands, t, *due.what, due.tick);
  ledger_.end(due.what->name);
  if (--runs_ == 0) runs_timer_.cancel();
}

asio::awaitable<void> cron::take_signals() {
  for (;;) {
    const auto [error, number] = co_await signals_.async_wait(no_throw);
    if (error) co_return;
    stop(number);
  }
}

void cron::stop(int number) {
  if (signal_ == 0) {
    signal_ = number;
    log_->log(log_level::info, "asked to stop");
    cancel_.emit(asio::cancellation_type::terminal);
    if (commands_) commands_->stop();
    timer_.interrupt();
  } else if (commands_) {
    commands_->kill();
  } else {
    std::_Exit(128 + number);  // whoever asks twice does not want to wait for Consul
  }
}

}  // namespace tenure::cron
