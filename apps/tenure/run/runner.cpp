#include "tenure/run/runner.hpp"

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
#include <exception>
#include <optional>
#include <tenure/toolkit/no_throw.hpp>
#include <utility>

#include "common/json.hpp"
#include "common/log/line_writer.hpp"
#include "common/options.hpp"

namespace tenure::apps {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using command::outcome;

namespace {

constexpr duration steady_run = 10s;     // a command that ran this long did start properly
constexpr duration least_respawn_pause = 1s;
constexpr duration most_respawn_pause = 30s;

// On one line of a terminal: a value may have 384,000 bytes.
std::string shortened(const std::string& value) {
  std::size_t longest = 200;
  const std::string line = one_line(value);
  if (line.size() <= longest) return line;
  while (longest > 0 && (line[longest] & 0xc0) == 0x80) --longest;  // inside a character of UTF-8
  return line.substr(0, longest) + "...";
}

elections_options elections_options_of(const run_options& o, std::shared_ptr<log_sink> log) {
  elections_options e;
  e.log(std::move(log));
  e.name(o.session_name);
  e.liveness(o.liveness);
  return e;
}

}  // namespace

runner::runner(asio::io_context& io, run_options options)
    : io_(io),
      options_(std::move(options)),
      log_(std::make_shared<refusal_filter>(options_.log)),
      elections_(io.get_executor(), options_.consul, elections_options_of(options_, log_)),
      host_(io.get_executor(), options_.log),
      signals_(io),
      try_timer_(io),
      pause_timer_(io),
      group_timer_(io) {
  host_.prepare();  // while Consul is contacted
  catch_signals(signals_, {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH});
  if (options_.group) {
    group_.emplace(elections_.join(options_.group->prefix, options_.group->how));
    election_.emplace(group_->enter(options_.key));
  } else if (options_.slots == 0) {
    election_.emplace(elections_.enter(options_.key, options_.profile));
  } else {
    semaphore_.emplace(elections_.contend(options_.key, options_.slots, options_.profile));
  }
}

void runner::print_error(const std::string& line) const {
  apps::print_error("%s: %s\n", options_.program.c_str(), line.c_str());
}

void runner::print_step(const char* step) const {
  if (options_.verbose) apps::print_error("%s\n", step);
}

error_code runner::last_error() const {
  return election_ ? election_->last_error() : semaphore_->last_error();
}

asio::awaitable<void> runner::run() {
  asio::co_spawn(io_, handle_signals(), asio::detached);
  std::exception_ptr unexpected;
  try {
    co_await run_terms();
  } catch (const boost::system::system_error& e) {
    if (e.code() == errc::bad_argument) {
      print_error(std::string(e.what()).substr(0, std::string(e.what()).rfind(": bad argument")));
      exit_code_ = options_.not_elected_exit_code;
    } else {
      fail(e);
    }
  } catch (...) {  // the signals and the timers would keep the process for ever
    unexpected = std::current_exception();
  }
  waiting_ = false;
  group_timer_.cancel();
  try_timer_.cancel();
  pause_timer_.cancel();
  co_await elections_.shut_down();
  election_.reset();
  semaphore_.reset();
  group_.reset();
  signals_.cancel();
  if (unexpected) std::rethrow_exception(unexpected);
}

asio::awaitable<void> runner::run_terms() {
  co_await wait_for_consul();
  log_->connected();
  duration pause = least_respawn_pause;
  bool served = false;
  unsigned quick_losses = 0;  // in a row
  std::optional<boost::system::system_error> refused;
  for (;;) {
    const time_point asked = boot_clock::now();
    term won;
    if (group_ && !served) asio::co_spawn(io_, check_group_rights(), asio::detached);
    try {
      term t = co_await win_term();
      won = std::move(t);
      refused.reset();
    } catch (const boost::system::system_error& e) {
      // Rights that were there come back, as for any program that runs on.
      if (!options_.respawn || !served || e.code() != consul_errc::forbidden) throw;
      if (!refused) options_.log->log(log_level::warn, "waiting for rights", {{"why", e.what()}});
      refused = e;
    }
    if (refused) {
      waiting_ = false;
      co_await sleep(pause);
      pause = std::min(pause * 2, most_respawn_pause);
      if (signal_ == 0) continue;
      exit_code_ = 128 + signal_;
      co_return;
    }
    if (!won) co_return;
    served = true;
    const time_point begin = boot_clock::now();
    const int code = co_await serve_term(won);
    exit_code_ = code;
    if (!options_.respawn || signal_ != 0) co_return;
    // A long wait before the term is as good: the losses are not in a row.
    const bool steady = boot_clock::now() - begin >= steady_run || begin - asked >= steady_run;
    if (steady) pause = least_respawn_pause;
    if (handed_over_) continue;
    // One term that is soon lost is bad luck; after the next ones others should try.
    const bool lost_soon = lost_ && !steady;
    quick_losses = lost_soon ? quick_losses + 1 : 0;
    if (lost_ && quick_losses < 2) continue;
    co_await sleep(pause);
    pause = std::min(pause * 2, most_respawn_pause);
    if (signal_ == 0) continue;
    exit_code_ = 128 + signal_;
    co_return;
  }
}

// A wrong address should fail at the start, not wait for ever. What Consul refuses, and a TLS
// connection that cannot work, fail at once.
asio::awaitable<void> runner::wait_for_consul() {
  const duration patience = options_.try_for.value_or(first_contact);
  try_timer_.expires_after(patience);
  try_timer_.async_wait([this](const error_code& error) {
    if (error || !waiting_) return;
    out_of_time_ = true;
    obstacle_ = obstacle();
    cancel_waiting();
  });
  waiting_ = true;
  bool reported = false;
  for (duration pause = 100ms;; pause = std::min<duration>(pause * 2, 1s)) {
    const error_code error = co_await ping();
    if (!error) break;
    if (signal_ != 0) co_return;
    if (out_of_time_ && error == asio::error::operation_aborted)
      throw boost::system::system_error(make_error_code(consul_errc::timed_out));
    if (out_of_time_ || error == error_kind::fatal || error == consul_errc::tls_failed)
      throw boost::system::system_error(*failure_);
    if (!std::exchange(reported, true)) {
      options_.log->log(log_level::warn, "waiting for Consul",
                        {log_field("address", options_.consul.address()),
                         log_field("why", error.message())});
    }
    co_await sleep(pause);
  }
  if (options_.try_for) co_return;
  // Its time may have ended while the answer came.
  try_timer_.cancel();
  out_of_time_ = false;
}

asio::awaitable<error_code> runner::ping() {
  auto pinging = elections_.ping();
  try {
    co_await asio::co_spawn(io_, std::move(pinging),
                            asio::bind_cancellation_slot(cancel_.slot(), asio::use_awaitable));
  } catch (const boost::system::system_error& e) {
    failure_ = e;
    co_return e.code();
  }
  co_return error_code();
}

// Returns an empty term, and sets the exit code, if a signal or the end of the time came first.
asio::awaitable<term> runner::win_term() {
  const bool may_campaign = signal_ == 0 && !out_of_time_;
  term won;
  if (may_campaign) {
    waiting_ = true;
    // campaign() reports a missing right, except one for the keys of the group.
    log_->drop(!group_);
    print_step("Attempting lock acquisition");
    term t = co_await campaign();
    won = std::move(t);
    waiting_ = false;
    group_timer_.cancel();
    log_->drop(false);
  }
  if (won) {
    try_timer_.cancel();
    co_return won;
  }
  if (signal_ != 0) {
    exit_code_ = 128 + signal_;
  } else if (group_refused_) {
    fail(group_->last_error());
  } else if (const error_code error = last_error()) {
    fail(error);
  } else {
    print_error("not elected in time: " + obstacle_);
    exit_code_ = options_.not_elected_exit_code;
  }
  co_return term();
}

// Returns an empty term if it was cancelled.
asio::awaitable<term> runner::campaign() {
  auto running = election_ ? election_->campaign() : semaphore_->acquire();
  try {
    term won = co_await asio::co_spawn(
        io_, std::move(running),
        asio::bind_cancellation_slot(cancel_.slot(), asio::use_awaitable));
    co_return won;
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted) throw;
  }
  co_return term();
}

// Returns the exit code.
asio::awaitable<int> runner::serve_term(term t) {
  commands_ = command::term_commands::open(host_, t, options_.profile.span());
  hand_over_ = false;
  if (group_) asio::co_spawn(io_, follow_hand_over(t), asio::detached);
  outcome ended;
  const bool started = signal_ == 0;
  if (started) {
    const outcome result = co_await run_command(t);
    ended = result;
  }
  lost_ = commands_->term_ended();
  print_step(lost_ ? "Lock lost, the child was killed" : "Child terminated, releasing lock");
  commands_->close();
  const bool leaves = group_ && !hand_over_ && (!options_.respawn || signal_ != 0);
  if (leaves) co_await leave_group(t);
  const end_reason reason = co_await t.resign();
  commands_.reset();
  handed_over_ = hand_over_ || (lost_ && reason == end_reason::handed_over);
  if (handed_over_) {
    print_error(t.key() + " was handed over: the command was stopped");
    co_return exit_lost;
  }
  if (lost_) {
    print_loss(t, reason);
    co_return exit_lost;
  }
  if (!started) co_return 128 + signal_;
  if (ended.what == outcome::kind::not_started)
    print_error(options_.argv.front() + " " + ended.text());
  options_.log->log(log_level::info, "command ended",
                    {log_field("election", t.key()), log_field("fence", t.fence()),
                     log_field("outcome", ended.text())});
  child_failed_ = ended.exit_code() != 0;
  co_return ended.exit_code();
}

asio::awaitable<outcome> runner::run_command(const term& t) {
  options_.log->log(log_level::info, "starting command",
                    {log_field("election", t.key()), log_field("fence", t.fence())});
  print_step("Starting handler");
  command::invocation what = invocation_for(t);
  try {
    const outcome ended = co_await commands_->run(std::move(what), std::nullopt);
    co_return ended;
  } catch (const boost::system::system_error& e) {
    co_return outcome(outcome::kind::not_started, e.code().value());
  }
}

// Why this process does not lead yet.
std::string runner::obstacle() const {
  if (semaphore_) {
    return std::to_string(semaphore_->occupied()) + " of " + std::to_string(options_.slots) +
           " slots of " + options_.key + " are taken";
  }
  if (group_) {
    if (std::string why = group_obstacle(); !why.empty()) return why;
  }
  if (election_->standing() == standing::pending)
    return "the lease of the last leader of " + options_.key + " has not ended yet";
  const std::optional<leader> seen = election_->last_seen();
  if (seen && seen->present()) return options_.key + " is led by " + shortened(seen->value);
  if (group_) {
    return options_.key + " is free, but the plan of the group " + options_.group->prefix +
           " has not given it to this member yet";
  }
  return options_.key + " is free, but still under Consul's lock-delay";
}

void runner::print_loss(const term& t, end_reason reason) const {
  // If the command stopped before the lease ended, resign() ended the term. The cause is the same:
  // no proof arrived for too long.
  const end_reason cause = reason == end_reason::resigned ? end_reason::expired : reason;
  const std::string why(to_string(cause));
  print_error("leadership of " + t.key() + " was lost (" + why + "): the command was stopped");
}

command::invocation runner::invocation_for(const term& t) const {
  command::invocation what;
  what.argv = options_.argv;
  what.inherit_environment(options_.pass_env);
  what.set_variable("TENURE_KEY", t.key());
  what.set_variable("TENURE_FENCE", std::to_string(t.fence()));
  what.set_variable("TENURE_SESSION", t.session());
  what.set_variable("CONSUL_LOCK_HELD", "true");
  what.grace = options_.profile.stop_budget();
  what.input = options_.input;
  return what;
}

asio::awaitable<void> runner::handle_signals() {
  for (;;) {
    const auto [error, number] = co_await signals_.async_wait(no_throw);
    if (error) co_return;
    on_signal(number);
  }
}

void runner::on_signal(int number) {
  const bool asks_to_end = number == SIGINT || number == SIGTERM;
  if (commands_ && (!asks_to_end || signal_ == 0)) commands_->signal(number);
  const bool harmless = number == SIGUSR1 || number == SIGUSR2 || number == SIGWINCH;
  if (!asks_to_end && (commands_ || harmless)) return;
  if (signal_ == 0) {
    signal_ = number;
    if (!commands_) cancel_waiting();
  } else if (commands_) {
    commands_->kill();
  } else {
    standard_error().flush(100ms);
    std::_Exit(128 + number);  // a second signal: do not wait for Consul
  }
}

void runner::cancel_waiting() {
  cancel_.emit(asio::cancellation_type::terminal);
  pause_timer_.cancel();
}

asio::awaitable<void> runner::sleep(duration d) {
  pause_timer_.expires_after(d);
  co_await pause_timer_.async_wait(no_throw);
}

void runner::fail(const boost::system::system_error& error) {
  const bool lock = options_.program == "tenure lock";
  std::string words = lock ? "lock " : "run ";
  if (options_.slots != 0) words += "-n " + std::to_string(options_.slots) + ' ';
  const std::string& key = options_.key;
  words += lock && options_.slots == 0 ? key.substr(0, key.rfind('/')) : key;
  if (options_.liveness) words += " --liveness";
  print_error(consul_error_text(options_.consul, error, words));
  exit_code_ = options_.unreachable_exit_code;
}

void runner::fail(const error_code& error) {
  print_error(consul_error_text(options_.consul, error));
  exit_code_ = options_.unreachable_exit_code;
}

}  // namespace tenure::apps
