// To embed the library: enter every election, read the stream of events, start a coroutine for each
// term, and resign the term when its work has stopped.
#include "scheduler/scheduler.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <exception>
#include <stop_token>
#include <tenure/toolkit/no_throw.hpp>

#include "common/log/line_writer.hpp"

namespace scheduler {

namespace apps = tenure::apps;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using tenure::no_throw;

scheduler::scheduler(asio::io_context& io, const tenure::consul_config& consul,
                     const tenure::elections_options& options, const tenure::candidacy& profile,
                     std::shared_ptr<const tenure::metrics_registry> metrics, settings s)
    : io_(io),
      settings_(std::move(s)),
      profile_(profile),
      metrics_(std::move(metrics)),
      ledger_(settings_.ledger_folder),
      pool_(settings_.worker_threads),
      elections_(io.get_executor(), consul, options),
      commands_(io),
      state_changed_(io, std::chrono::steady_clock::time_point::max()),
      report_timer_(io) {
  if (settings_.group) {
    group_.emplace(elections_.join(settings_.group->prefix, settings_.group->how));
  }
  for (std::size_t t = 1; t <= settings_.tenants; ++t) enter_tenant(t);
}

asio::awaitable<void> scheduler::run() {
  asio::co_spawn(io_, shut_down_after_stop(), asio::detached);
  asio::co_spawn(io_, report_progress(), asio::detached);
  if (settings_.read_commands) asio::co_spawn(io_, read_commands(), asio::detached);
  co_await follow_events();
}

// Each event is the newest state of one election. The shutdown ends the stream.
asio::awaitable<void> scheduler::follow_events() {
  try {
    for (;;) {
      const tenure::event changed = co_await elections_.next_event();
      on_event(changed);
    }
  } catch (const boost::system::system_error& e) {
    if (e.code() != tenure::errc::shut_down) throw;
  }
}

// Every term must be resigned after its work has stopped. So even a term that is already over gets
// its work_shard(), which then does nothing but resign.
void scheduler::on_event(const tenure::event& changed) {
  const auto found = shards_.find(changed.key);
  if (found == shards_.end()) return;
  const shard_ptr& s = found->second;
  if (changed.hand_over_requested || changed.standing == tenure::standing::stopping) {
    s->pause.cancel();
  }
  if (!changed.term || changed.term == s->latest_term) return;
  s->latest_term = changed.term;
  s->worked = true;
  ++shards_worked_;
  asio::co_spawn(io_, work_shard(s, changed.term), asio::detached);
}

// Works one shard for one term. A step begins only if the lease outlasts it even without another
// proof. So no successor works this shard before the step is over. Between two steps is the safe
// point for a hand-over. A term that has to stop is still guaranteed until its work has stopped: so
// the token is asked, too.
asio::awaitable<void> scheduler::work_shard(shard_ptr which, tenure::term term) {
  const std::stop_token stop = term.stop_token();
  const auto may_go_on = [&] {
    return !which->leaves && !stop.stop_requested() && !term.hand_over_wanted() &&
           term.guarantees(settings_.longest_step);
  };
  while (may_go_on()) {
    auto step = run_step(term);
    co_await asio::co_spawn(pool_, std::move(step), asio::use_awaitable);
    if (!may_go_on()) break;
    which->pause.expires_after(settings_.pause);
    co_await which->pause.async_wait(no_throw);
  }
  co_await term.resign();  // the work has stopped: a successor may start at once
  which->worked = false;
  --shards_worked_;
  state_changed_.cancel();
}

// Runs on a thread of the pool.
asio::awaitable<void> scheduler::run_step(tenure::term term) {
  if (!term.holds()) co_return;  // the step waited too long for a thread
  try {
    const ledger::verdict verdict = ledger_.commit(term.key(), term.fence(), settings_.name);
    ++(verdict == ledger::verdict::accepted ? steps_ : rejected_steps_);
  } catch (const std::exception& e) {
    apps::print_error("scheduler: %s\n", e.what());
  }
  co_return;
}

void scheduler::stop() {
  stopping_ = true;
  state_changed_.cancel();
  report_timer_.cancel();
  boost::system::error_code closed;
  commands_.close(closed);
}

// With the weight 0 the other members take all shards, each at its safe point.
asio::awaitable<void> scheduler::hand_over_all() {
  group_->set_weight(0);
  state_changed_.expires_after(10s);
  bool in_time = true;
  while (shards_worked_ > 0 && in_time) {
    const auto [cancelled] = co_await state_changed_.async_wait(no_throw);
    in_time = bool(cancelled);
  }
  state_changed_.expires_at(std::chrono::steady_clock::time_point::max());
}

// Withdraws every candidacy, waits until each shard's work has stopped and its term is resigned,
// and only then gives the sessions back.
asio::awaitable<void> scheduler::shut_down_after_stop() {
  while (!stopping_) co_await state_changed_.async_wait(no_throw);
  if (group_) co_await hand_over_all();
  for (auto& [key, s] : shards_) {
    s->election.withdraw();
    s->leaves = true;
    s->pause.cancel();
  }
  while (shards_worked_ > 0) co_await state_changed_.async_wait(no_throw);
  co_await elections_.shut_down();
  apps::print_output("%s ended after %llu steps, %llu rejected\n", settings_.name.c_str(),
              static_cast<unsigned long long>(steps_),
              static_cast<unsigned long long>(rejected_steps_));
}

// Prints a line every second in which there were steps.
asio::awaitable<void> scheduler::report_progress() {
  std::uint64_t reported = 0;
  while (!stopping_) {
    if (steps_ != reported) {
      reported = steps_;
      print_progress();
    }
    report_timer_.expires_after(1s);
    co_await report_timer_.async_wait(no_throw);
  }
}

// What this process works on, and the figures of the library by which an operator judges it: how
// many terms it had, how many claims others were faster with, and how long a proof takes.
void scheduler::print_progress() const {
  using tenure::metric;
  // All series of a name, whatever their label: all ends of terms, all refusals.
  const auto total = [this](metric m) { return static_cast<long long>(metrics_->total(m)); };
  const auto proofs = metrics_->recorded(metric::proof_seconds);
  const double proof_ms = std::chrono::duration<double, std::milli>(proofs.sum).count();
  apps::print_output(
      "%s works %zu of %zu shards, %llu steps so far: terms=%lld ended=%lld claims=%lld "
      "refused=%lld unknown=%lld proofs=%lld proof_ms=%.2f sessions_lost=%lld",
      settings_.name.c_str(), shards_worked_, shards_.size(),
      static_cast<unsigned long long>(steps_), total(metric::terms_begun),
      total(metric::terms_ended_expired), total(metric::claims),
      total(metric::claims_refused_held), total(metric::claims_unknown),
      total(metric::proofs_confirmed), proofs.count > 0 ? proof_ms / double(proofs.count) : 0.0,
      total(metric::sessions_lost));
  if (group_) apps::print_output(" handed_over=%lld", total(metric::hand_overs_done));
  apps::print_output("\n");
}

}  // namespace scheduler
