#include "tenure/runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "common/json.hpp"
#include "common/options.hpp"
#include "tenure/asking.hpp"

namespace tenure::apps {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using command::outcome;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

constexpr duration first_contact = 10s;     // for a Consul that does not answer at the start
constexpr duration steady_run = 10s;        // a command that ran so long was no failure to start
constexpr duration least_respawn_pause = 1s;
constexpr duration most_respawn_pause = 30s;

void set_variable(std::vector<std::string>& environment, const std::string& name,
                  const std::string& value) {
  const std::string start = name + '=';
  std::erase_if(environment, [&](const std::string& e) { return e.starts_with(start); });
  environment.push_back(start + value);
}

elections_options options_of(const run_options& o) {
  elections_options e;
  e.log = o.log;
  e.name = o.session_name;
  e.liveness = o.liveness;
  return e;
}

}  // namespace

runner::runner(asio::io_context& io, run_options options)
    : io_(io),
      options_(std::move(options)),
      elections_(io.get_executor(), options_.consul, options_of(options_)),
      host_(io.get_executor(), options_.log),
      signals_(io),
      try_timer_(io),
      pause_timer_(io) {
  catch_signals(signals_, {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH});
  if (options_.slots == 0) {
    election_.emplace(elections_.enter(options_.key, options_.how));
  } else {
    semaphore_.emplace(elections_.contend(options_.key, options_.slots, options_.how));
  }
}

void runner::say(const std::string& line) const {
  std::fprintf(stderr, "%s: %s\n", options_.program.c_str(), line.c_str());
}

void runner::tell(const std::string& step) const {
  if (options_.verbose) std::fprintf(stderr, "%s\n", step.c_str());
}

error_code runner::last_error() const {
  return election_ ? election_->last_error() : semaphore_->last_error();
}

asio::awaitable<void> runner::run() {
  asio::co_spawn(io_, take_signals(), asio::detached);
  try {
    co_await stand();
  } catch (const boost::system::system_error& e) {
    if (e.code() == errc::bad_argument) {
      say(std::string(e.what()).substr(0, std::string(e.what()).rfind(": bad argument")));
      exit_code_ = options_.exit_not_won;
    } else {
      fail(e.code());
    }
  }
  try_timer_.cancel();
  pause_timer_.cancel();
  co_await elections_.shut_down();
  election_.reset();
  semaphore_.reset();
  signals_.cancel();
}

asio::awaitable<void> runner::stand() {
  co_await reach_consul();
  duration pause = least_respawn_pause;
  for (;;) {
    const term won = co_await win();
    if (!won) co_return;
    const time_point begin = boot_clock::now();
    const int code = co_await serve(won);
    exit_code_ = code;
    if (!options_.respawn || signal_ != 0) co_return;
    if (exit_code_ == exit_lost) continue;
    if (boot_clock::now() - begin >= steady_run) pause = least_respawn_pause;
    co_await sleep(pause);
    pause = std::min(pause * 2, most_respawn_pause);
    if (signal_ != 0) co_return;
  }
}

// A command that nobody will ever run is better told at once.
asio::awaitable<void> runner::reach_consul() {
  const duration patience = options_.try_for.value_or(first_contact);
  try_timer_.expires_after(patience);
  try_timer_.async_wait([this](const error_code& error) {
    if (error || !waiting_) return;
    out_of_time_ = true;
    obstacle_ = obstacle();
    give_up_waiting();
  });
  waiting_ = true;
  for (duration pause = 100ms;; pause = std::min<duration>(pause * 2, 1s)) {
    const error_code error = co_await ping();
    if (!error) break;
    if (signal_ != 0) co_return;
    if (out_of_time_ && error == asio::error::operation_aborted)
      throw boost::system::system_error(make_error_code(consul_errc::timed_out));
    if (out_of_time_ || error == error_kind::fatal) throw boost::system::system_error(error);
    co_await sleep(pause);
  }
  if (!options_.try_for) try_timer_.cancel();
}

asio::awaitable<error_code> runner::ping() {
  auto asked = elections_.ping();
  try {
    co_await asio::co_spawn(io_, std::move(asked),
                            asio::bind_cancellation_slot(cancel_.slot(), asio::use_awaitable));
  } catch (const boost::system::system_error& e) {
    co_return e.code();
  }
  co_return error_code();
}

// An empty term where a signal or the time said to give up; then the exit code is set.
asio::awaitable<term> runner::win() {
  term won;
  if (signal_ == 0 && !out_of_time_) {
    waiting_ = true;
    tell("Attempting lock acquisition");
    auto standing = election_ ? election_->campaign() : semaphore_->acquire();
    try {
      term t = co_await asio::co_spawn(
          io_, std::move(standing),
          asio::bind_cancellation_slot(cancel_.slot(), asio::use_awaitable));
      won = std::move(t);
    } catch (const boost::system::system_error& e) {
      if (e.code() != asio::error::operation_aborted) throw;
    }
    waiting_ = false;
  }
  if (won) {
    try_timer_.cancel();
    co_return won;
  }
  if (signal_ != 0) {
    exit_code_ = 128 + signal_;
  } else if (const error_code error = last_error()) {
    fail(error);
  } else {
    say("not elected in time: " + obstacle_);
    exit_code_ = options_.exit_not_won;
  }
  co_return term();
}

asio::awaitable<int> runner::serve(term t) {
  commands_ = command::term_commands::open(host_, t, options_.how.span());
  outcome how;
  bool ran = false;
  if (signal_ == 0) {
    options_.log->log(log_level::info, "leading, starting the command",
                      {log_field("election", t.key()), log_field("fence", t.fence())});
    ran = true;
    tell("Starting handler");
    command::invocation what = invocation_for(t);
    try {
      const outcome result = co_await commands_->run(std::move(what), std::nullopt);
      how = result;
    } catch (const boost::system::system_error& e) {
      how = outcome(outcome::kind::not_started, e.code().value());
    }
  }
  const bool lost = commands_->term_ended();
  tell(lost ? "Lock lost, the child was killed" : "Child terminated, releasing lock");
  commands_->close();
  const end_reason reason = co_await t.resign();
  commands_.reset();
  if (lost) {
    tell_lost(t, reason);
    co_return exit_lost;
  }
  if (!ran) co_return 128 + signal_;
  if (how.what == outcome::kind::not_started) say(options_.argv.front() + " " + how.text());
  options_.log->log(log_level::info, "the command " + how.text(),
                    {log_field("election", t.key()), log_field("fence", t.fence())});
  child_failed_ = how.exit_code() != 0;
  co_return how.exit_code();
}

// Why we do not lead yet.
std::string runner::obstacle() const {
  if (semaphore_) {
    return std::to_string(semaphore_->occupied()) + " of " + std::to_string(options_.slots) +
           " slots of " + options_.key + " are taken";
  }
  if (election_->standing() == standing::pending)
    return "the lease of " + options_.key + "'s last leader is not over yet";
  const std::optional<leader> seen = election_->last_seen();
  if (seen && seen->present()) return options_.key + " is led by " + one_line(seen->value);
  return options_.key + " is free, but Consul does not give it away yet (lock-delay)";
}

void runner::tell_lost(const term& t, end_reason reason) {
  // A term that was told to stop in time is resigned by us: no proof had come for too long.
  const end_reason named = reason == end_reason::resigned ? end_reason::expired : reason;
  const std::string why(to_string(named));
  say("leadership of " + t.key() + " was lost (" + why + "): the command was stopped");
}

command::invocation runner::invocation_for(const term& t) const {
  command::invocation what;
  what.argv = options_.argv;
  for (char** e = environ; *e != nullptr; ++e) what.environment.emplace_back(*e);
  set_variable(what.environment, "TENURE_KEY", t.key());
  set_variable(what.environment, "TENURE_FENCE", std::to_string(t.fence()));
  set_variable(what.environment, "TENURE_SESSION", t.session());
  set_variable(what.environment, "CONSUL_LOCK_HELD", "true");
  what.grace = options_.how.stop_budget();
  what.input = options_.input;
  return what;
}

asio::awaitable<void> runner::take_signals() {
  for (;;) {
    const auto [error, number] = co_await signals_.async_wait(no_throw);
    if (error) co_return;
    take(number);
  }
}

void runner::take(int number) {
  const bool ends_us = number == SIGINT || number == SIGTERM;
  if (commands_ && (!ends_us || signal_ == 0)) commands_->signal(number);
  const bool news = number == SIGUSR1 || number == SIGUSR2 || number == SIGWINCH;
  if (!ends_us && (commands_ || news)) return;
  if (signal_ == 0) {
    signal_ = number;
    if (!commands_) give_up_waiting();
  } else if (commands_) {
    commands_->kill();
  } else {
    std::_Exit(128 + number);  // whoever asks twice does not want to wait for Consul
  }
}

void runner::give_up_waiting() {
  cancel_.emit(asio::cancellation_type::terminal);
  pause_timer_.cancel();
}

asio::awaitable<void> runner::sleep(duration d) {
  pause_timer_.expires_after(d);
  co_await pause_timer_.async_wait(no_throw);
}

void runner::fail(const error_code& error) {
  say(consul_problem(options_.consul, error));
  exit_code_ = options_.exit_unreachable;
}

}  // namespace tenure::apps
