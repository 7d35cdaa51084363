#include "tenure-cron/daemon/replica.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "common/service/leaders_text.hpp"

namespace tenure::cron {

namespace asio = boost::asio;

namespace {

// After the drain, beside a span, if Consul does not answer: terms write what the ledger lacks (5 s
// and a request that has begun by then), and the elections object shuts down (two requests, and
// what its groups take to stop).
constexpr duration most_leaving = std::chrono::seconds(40);

std::function<void(std::exception_ptr)> failure_log(std::shared_ptr<log_sink> log) {
  return [log = std::move(log)](std::exception_ptr e) {
    try {
      std::rethrow_exception(std::move(e));
    } catch (const std::exception& failure) {
      log->log(log_level::error, "task failed", {log_field("why", failure.what())});
    }
  };
}

}  // namespace

replica::replica(replica_context& context, jobs_source source)
    : context_(context),
      log_(context.options.log),
      source_(std::move(source)),
      signals_(context.executor),
      changed_(*context.timers),
      tasks_(context.executor, *context.timers, failure_log(log_)),
      ends_(context.executor, *context.timers, failure_log(log_)),
      removals_(context.executor, *context.timers, failure_log(log_)) {
  apps::catch_signals(signals_, {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2});
  read_files();
}

asio::awaitable<void> replica::run() {
  running_ = true;
  context_.host.prepare();  // now, and not at the first tick
  for (const auto& one : tenants_) start(*one);
  tasks_.spawn(handle_signals());
  tasks_.spawn(watch_files());
  if (context_.manager != nullptr)
    tasks_.spawn(context_.manager->follow(*context_.timers, [this] { return status(); }));
  while (signal_ == 0 && !refused_) co_await changed_.wait();
  const time_point stop_at =
      refused_ ? context_.timers->now() : context_.timers->now() + context_.options.drain;
  stop_at_ = std::min(stop_at_, stop_at);
  if (context_.manager != nullptr)
    context_.manager->stopping(stop_at - context_.timers->now() +
                               context_.options.profile.span() + most_leaving);
  for (const auto& one : tenants_) ends_.spawn(one->end(stop_at_));
  co_await ends_.join();
  co_await removals_.join();
  signals_.cancel();
  tasks_.cancel();
  co_await tasks_.join();
  if (refused_) throw *refused_;
}

void replica::start(tenant& one) {
  const bool only = !source_.is_folder();
  one.start([this, only, &one](const boost::system::system_error& why) {
    log_->log(log_level::error, "requests refused",
              {log_field("election", one.file().election), log_field("why", why.what())});
    if (!only) return;
    refused_ = why;
    changed_.notify_all();
  });
}

std::string replica::status() const {
  std::vector<apps::election_line> lines;
  for (const auto& one : tenants_) {
    for (const auto& l : one->lanes())
      lines.push_back({.name = l->key(), .leads = l->leads(), .seen = l->handle().last_seen()});
  }
  return apps::leaders_text(lines);
}

tenant* replica::find(const std::string& name) const {
  const auto found = std::ranges::find(tenants_, name, [](const auto& t) { return t->name(); });
  return found == tenants_.end() ? nullptr : found->get();
}

asio::awaitable<void> replica::handle_signals() {
  for (;;) {
    const auto [error, number] = co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    if (number == SIGHUP) {
      if (signal_ == 0) reload(reload_cause::signal);
    } else if (number != SIGUSR1 && number != SIGUSR2) {  // these have no meaning, and do no harm
      on_stop(number);
    }
  }
}

void replica::on_stop(int number) {
  if (signal_ == 0) {
    signal_ = number;
    log_->log(log_level::info, "shutdown requested",
              {log_field("signal", static_cast<std::uint64_t>(number)),
               log_field("running", static_cast<std::uint64_t>(running_jobs()))});
    changed_.notify_all();
    return;
  }
  if (running_jobs() == 0) {
    apps::standard_error().flush(std::chrono::milliseconds(100));
    std::_Exit(128 + number);  // do not wait for Consul
  }
  for (const auto& one : tenants_) one->kill();
}

std::size_t replica::running_jobs() const {
  std::size_t sum = 0;
  for (const auto& one : tenants_) sum += one->running();
  return sum;
}

}  // namespace tenure::cron
