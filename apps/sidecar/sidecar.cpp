#include "sidecar/sidecar.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "common/options.hpp"
#include "sidecar/http_part.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

/// How often it is looked whether Consul refuses us, and how often in a row is enough.
constexpr duration refusal_pause = 1s;
constexpr int refusals_to_end = 10;

elections_options options_of(const config& c, std::shared_ptr<log_sink> log) {
  elections_options o;
  o.name = "tenure-sidecar";
  o.sessions = c.sessions;
  o.liveness = c.liveness;
  o.log = std::move(log);
  return o;
}

}  // namespace

sidecar::sidecar(asio::io_context& io, config c, std::shared_ptr<log_sink> log)
    : io_(io),
      config_(std::move(c)),
      log_(log),
      timers_(runtime::system_timers(io.get_executor())),
      elections_(io.get_executor(), config_.consul, options_of(config_, log)),
      commands_(io.get_executor(), log),
      surroundings_(io.get_executor(), config_.consul, elections_, commands_, log),
      ending_(*timers_),
      part_runs_(io.get_executor(), *timers_, [this](std::exception_ptr e) { failed(e); }),
      tasks_(io.get_executor(), *timers_, [this](std::exception_ptr e) { failed(e); }),
      signals_(io) {
  for (const part_factory& make : config_.parts) parts_.push_back(make(surroundings_));
  if (config_.http) parts_.push_back(make_http_part(*config_.http, surroundings_, timers_));
  for (const election_config& e : config_.elections) enter(e);
  apps::catch_signals(signals_, {SIGINT, SIGTERM, SIGHUP});
}

void sidecar::enter(const election_config& e) {
  auto made = std::make_unique<contender>(
      io_.get_executor(), *timers_, e.terms.name, elections_.enter(e.terms.key, e.terms.how),
      [this](std::exception_ptr why) { failed(why); });
  for (const auto& p : parts_) {
    if (auto f = p->face_of(*made, e.terms)) made->add(std::move(f));
  }
  for (const face_factory& make : e.faces) {
    if (auto f = make(surroundings_, *made)) made->add(std::move(f));
  }
  by_key_.emplace(e.terms.key, made.get());
  contenders_.push_back(std::move(made));
}

asio::awaitable<void> sidecar::run() {
  asio::co_spawn(io_, take_signals(), asio::detached);
  for (const auto& p : parts_) part_runs_.spawn(p->run());
  for (const auto& c : contenders_) c->begin();
  tasks_.spawn(follow());
  tasks_.spawn(watch_for_refusal());
  log_->log(log_level::info, "standing",
            {log_field("elections", static_cast<std::uint64_t>(contenders_.size())),
             log_field("consul", config_.consul.address())});
  while (!end_) co_await ending_.wait();
  co_await end_orderly();
  signals_.cancel();
}

// The faces go on telling until the keys are given back; then what they left is undone.
asio::awaitable<void> sidecar::end_orderly() {
  for (const auto& c : contenders_) c->ask_to_give_up();
  for (const auto& c : contenders_) co_await c->given_up();
  for (const auto& c : contenders_) c->ask_to_undo();
  for (const auto& c : contenders_) co_await c->undone();
  co_await elections_.shut_down();
  tasks_.cancel();
  co_await tasks_.join();
  part_runs_.cancel();
  co_await part_runs_.join();
}

asio::awaitable<void> sidecar::follow() {
  try {
    for (;;) {
      const event e = co_await elections_.next_event();
      const auto found = by_key_.find(e.key);
      if (found != by_key_.end()) found->second->take(e);
    }
  } catch (const boost::system::system_error& e) {
    if (e.code() != errc::shut_down) throw;
  }
}

// A Consul that is out of reach comes back. One that says no, again and again, to what has to be
// done needs somebody who looks at the configuration: better an end than a sidecar that never
// leads.
asio::awaitable<void> sidecar::watch_for_refusal() {
  int refusals = 0;
  for (;;) {
    co_await runtime::sleep_until(*timers_, timers_->now() + refusal_pause);
    contender* refused = nullptr;
    for (const auto& c : contenders_) {
      const bool holds = c->now().standing == standing::leading;
      if (!holds && c->handle().last_error() == error_kind::fatal) refused = c.get();
    }
    refusals = refused != nullptr ? refusals + 1 : 0;
    if (refusals < refusals_to_end) continue;
    const std::string why = refused->handle().last_error().message();
    fail(apps::exit_unavailable, "election '" + refused->name() + "' (" + refused->now().key +
                                     "): " + why + " (" + config_.consul.address() + ")");
    co_return;
  }
}

asio::awaitable<void> sidecar::take_signals() {
  for (;;) {
    const auto [error, number] = co_await signals_.async_wait(no_throw);
    if (error) co_return;
    if (end_) std::_Exit(128 + number);  // whoever asks twice does not want to wait for Consul
    log_->log(log_level::info, "asked to stop");
    end_ = true;
    ending_.notify_all();
  }
}

void sidecar::failed(std::exception_ptr why) {
  try {
    std::rethrow_exception(why);
  } catch (const fatal_error& e) {
    fail(e.exit_code(), e.what());
  } catch (const boost::system::system_error& e) {
    fail(apps::exit_unavailable, e.what());
  } catch (const std::exception& e) {
    fail(apps::exit_machine, e.what());
  }
}

void sidecar::fail(int exit_code, const std::string& text) {
  std::fprintf(stderr, "tenure sidecar: %s\n", text.c_str());
  if (exit_code_ == 0) exit_code_ = exit_code;
  end_ = true;
  ending_.notify_all();
}

}  // namespace tenure::sidecar
