#include "sidecar/main/sidecar.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <tenure/toolkit/no_throw.hpp>
#include <utility>

#include "common/dispatch_events.hpp"
#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "common/service/leaders_text.hpp"
#include "sidecar/http/component.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// How often the sidecar checks whether Consul refuses its requests, and how many checks in a row
/// have to find that before it ends.
constexpr duration refusal_check_interval = 1s;
constexpr int max_refusals = 10;

elections_options options_of(const config& c, std::shared_ptr<log_sink> log,
                             std::shared_ptr<outage_log> outages,
                             std::shared_ptr<metrics_sink> metrics) {
  elections_options o;
  o.name("tenure-sidecar");
  o.sessions(c.sessions);
  o.liveness(c.liveness);
  o.stale_reads(c.stale);
  o.log(std::move(log));
  o.outages(std::move(outages));
  o.metrics(std::move(metrics));
  return o;
}

}  // namespace

sidecar::sidecar(asio::io_context& io, config c, std::shared_ptr<log_sink> log,
                 config_loader load, apps::service_manager& manager)
    : io_(io),
      config_(std::move(c)),
      log_(log),
      outages_(std::make_shared<outage_log>(log)),
      metrics_(std::make_shared<metrics_registry>()),
      timers_(runtime::system_timers(io.get_executor())),
      elections_(io.get_executor(), config_.consul, options_of(config_, log, outages_, metrics_)),
      commands_(io.get_executor(), log),
      context_(io.get_executor(), config_.consul, elections_, commands_, log, outages_,
               metrics_),
      load_(std::move(load)),
      manager_(manager),
      end_changed_(*timers_),
      component_runs_(io.get_executor(), *timers_, [this](std::exception_ptr e) { on_failure(e); }),
      tasks_(io.get_executor(), *timers_, [this](std::exception_ptr e) { on_failure(e); }),
      way_out_(io.get_executor(), *timers_, [this](std::exception_ptr e) { on_failure(e); }),
      signals_(io) {
  for (const component_factory& make : config_.components) components_.push_back(make(context_));
  if (config_.http) components_.push_back(make_http_component(*config_.http, context_, timers_));
  for (const election_config& e : config_.elections) enter(e);
  apps::catch_signals(signals_, {SIGINT, SIGTERM, SIGHUP});
}

election sidecar::handle_of(const election_options& options) {
  if (!options.group) return elections_.enter(options.key, options.candidacy);
  return context_.groups.join(elections_, *options.group).enter(options.key);
}

election_runner& sidecar::enter(const election_config& e) {
  auto runner = std::make_unique<election_runner>(
      io_.get_executor(), *timers_, e, handle_of(e.options),
      [this](std::exception_ptr why) { on_failure(why); });
  for (const auto& c : components_) {
    if (auto o = c->make_output(*runner, e.options)) runner->add(std::move(o));
  }
  for (const output_factory& make : e.outputs) {
    if (auto o = make(context_, *runner)) runner->add(std::move(o));
  }
  by_key_[e.options.key] = runner.get();
  runners_.push_back(std::move(runner));
  return *runners_.back();
}

asio::awaitable<void> sidecar::run() {
  asio::co_spawn(io_, handle_signals(), asio::detached);
  for (const auto& c : components_) component_runs_.spawn(c->run());
  for (const auto& r : runners_) r->start();
  tasks_.spawn(apps::dispatch_events(elections_, [this](const event& e) { on_event(e); }));
  tasks_.spawn(watch_for_refusal());
  tasks_.spawn(manager_.follow(*timers_, [this] { return status(); }));
  log_->log(log_level::info, "elections entered",
            {log_field("count", static_cast<std::uint64_t>(runners_.size())),
             log_field("consul", config_.consul.address())});
  while (!ending_) co_await end_changed_.wait();
  co_await shut_down();
  signals_.cancel();
}

std::string sidecar::status() const {
  std::vector<apps::election_line> lines;
  for (const auto& r : runners_) {
    const election_state& now = r->state();
    const bool seen = now.changes > 0;
    lines.push_back({.name = r->name(),
                     .leads = now.standing == standing::leading,
                     .seen = seen ? std::optional<apps::seen_leader>(now.leader) : std::nullopt});
  }
  return apps::leaders_text(lines);
}

void sidecar::on_event(const event& e) {
  const auto found = by_key_.find(e.key);
  if (found != by_key_.end()) found->second->update(e);
}

// An unreachable Consul comes back by itself, and a right that the token lacks may be granted at
// any time. A request that Consul keeps refusing for another reason needs a change of the
// configuration: a sidecar that ends gets attention, one that never leads does not.
asio::awaitable<void> sidecar::watch_for_refusal() {
  int refusals = 0;
  for (;;) {
    co_await runtime::sleep_until(*timers_, timers_->now() + refusal_check_interval);
    election_runner* refused = nullptr;
    for (const auto& r : runners_) {
      const bool leads = r->state().standing == standing::leading;
      const error_code why = r->handle().last_error();
      const bool fatal = why == error_kind::fatal && why != consul_errc::forbidden;
      if (!leads && fatal) refused = r.get();
    }
    refusals = refused != nullptr ? refusals + 1 : 0;
    if (refusals < max_refusals) continue;
    const std::string why = refused->handle().last_error().message();
    fail(apps::exit_unavailable, "election '" + refused->name() + "' (" + refused->state().key +
                                     "): " + why + " (" + config_.consul.address() + ")");
    co_return;
  }
}

asio::awaitable<void> sidecar::handle_signals() {
  for (;;) {
    const auto [error, number] = co_await signals_.async_wait(no_throw);
    if (error) co_return;
    if (number == SIGHUP) {
      if (!ending_) reload();
      continue;
    }
    // A second signal ends the process at once: Consul frees the keys when the sessions expire.
    if (ending_) {
      apps::standard_error().flush(100ms);
      std::_Exit(128 + number);
    }
    log_->log(log_level::info, "stop requested");
    begin_end();
  }
}

void sidecar::on_failure(std::exception_ptr why) {
  try {
    std::rethrow_exception(why);
  } catch (const fatal_error& e) {
    fail(e.exit_code(), e.what());
  } catch (const bad_configuration& e) {
    fail(apps::exit_usage, e.what());
  } catch (const boost::system::system_error& e) {
    fail(apps::exit_unavailable, e.what());
  } catch (const std::exception& e) {
    fail(apps::exit_machine, e.what());
  }
}

void sidecar::fail(int exit_code, const std::string& text) {
  // A collector of JSON lines gets nothing else.
  if (config_.json_log) {
    log_->log(log_level::error, "sidecar failed", {{"why", text}, {"exit_code", exit_code}});
  } else {
    apps::print_error("tenure sidecar: %s\n", text.c_str());
  }
  if (exit_code_ == 0) exit_code_ = exit_code;
  begin_end();
}

void sidecar::begin_end() {
  ending_ = true;
  end_changed_.notify_all();
}

}  // namespace tenure::sidecar
