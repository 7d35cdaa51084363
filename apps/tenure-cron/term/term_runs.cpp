// Runs of a term: admitted, claimed in the ledger, begun, and recorded.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <exception>
#include <utility>

#include "tenure-cron/term/term_core.hpp"
#include "tenure-cron/testing/seeded_bug.hpp"

namespace tenure::cron {

namespace asio = boost::asio;

namespace {

// Of one job: their keys go with one write, which must fit into a transaction of Consul.
constexpr std::size_t most_orders = 20;

// An operator's run has no splay.
sys_milliseconds due_at(const job& what, const open_run& run) {
  return run.trigger == run_trigger::operator_request ? sys_milliseconds(run.tick)
                                                      : start_of(what, run.tick);
}

}  // namespace

open_run term_core::add_run(const tracked_ptr& which, sys_seconds tick, run_trigger trigger,
                            std::string id) {
  open_run run;
  run.tick = tick;
  run.trigger = trigger;
  run.run_id = std::move(id);
  which->document.open.push_back(run);
  write_soon(which);
  return run;
}

// Until its splay is over.
void term_core::begin_wait(const tracked_ptr& which, const open_run& run) {
  const sys_milliseconds now = lane_.clock.now();
  const sys_milliseconds start = due_at(*which->what, run);
  if (start <= now) return ask(which, run.run_id);
  tasks_.spawn(start_later(which, run, lane_.timers.now() + (start - now)));
}

asio::awaitable<void> term_core::start_later(tracked_ptr which, open_run run, time_point at) {
  co_await runtime::sleep_until(lane_.timers, at);
  ask(which, run.run_id);
  alarm_.interrupt();  // it may wait, until a moment that the loop does not know
}

run_request term_core::request_of(const tracked_job& which, const open_run& run) const {
  run_request made(which.what, run.tick, run.run_id, run.trigger);
  made.key = term_.key();
  made.fence = term_.fence();
  return made;
}

void term_core::ask_held_back() {
  for (const auto& [which, id] : std::exchange(held_back_, {})) ask(which, id);
}

void term_core::ask(const tracked_ptr& which, const std::string& run_id) {
  const open_run* const run = which->document.find_open(run_id);
  if (starts_nothing() || which->removed || run == nullptr) return;
  if (run->what != open_run::state::waiting || admitted_.contains(run_id)) return;
  if (is_paused(*which, *run)) return skip_run(which, run_id, skip_reason::paused);
  if (held_back_since_ && holds_back()) {
    held_back_.emplace_back(which, run_id);
    return;
  }
  admitted_.insert(run_id);
  auto later = [weak = weak_from_this(), which, run_id](admission_verdict verdict) {
    if (const auto self = weak.lock()) self->on_verdict(which, run_id, verdict);
  };
  const admission_verdict verdict =
      lane_.admitted.ask(request_of(*which, *run), due_at(*which->what, *run), lane_.clock.now(),
                         std::move(later));
  on_verdict(which, run_id, verdict);
}

void term_core::replace_others(const tracked_ptr& which, const std::string& by) {
  for (const std::string& other : lane_.admitted.running(which->what->name)) {
    if (other == by) continue;
    if (running_.contains(other) && !begun_.contains(other)) {
      replaced_.insert(other);  // its claim is being written
    } else {
      lane_.runner.stop(other, stop_cause::replaced);
    }
  }
}

// `wait` and `replace` are followed by another verdict.
void term_core::on_verdict(const tracked_ptr& which, const std::string& run_id,
                           admission_verdict verdict) {
  open_run* const run = which->document.find_open(run_id);
  if (run == nullptr) return;
  switch (verdict) {
    case admission_verdict::start:
      // Left as it is, it waits for the successor.
      if (!starts_nothing() && !which->removed) claim(which, *run);
      break;
    case admission_verdict::skip_overlap:
      skip_run(which, run_id, skip_reason::overlap);
      break;
    case admission_verdict::skip_limit:
      skip_run(which, run_id, skip_reason::limit);
      break;
    case admission_verdict::skip_deadline:
      skip_run(which, run_id, skip_reason::deadline);
      break;
    case admission_verdict::replace:
      if (!starts_nothing() && !which->removed) replace_others(which, run_id);
      break;
    case admission_verdict::wait:
      break;
  }
}

void term_core::skip_run(const tracked_ptr& which, const std::string& run_id, skip_reason reason) {
  admitted_.erase(run_id);
  const std::optional<open_run> run = which->document.take_open(run_id);
  if (run) add_record(which, skipped_run(*run, reason));
}

void term_core::claim(const tracked_ptr& which, open_run& run) {
  run.what = open_run::state::claimed;
  run.host = lane_.host;
  run.fence = term_.fence();
  run.claimed_at = lane_.clock.now();
  running_.emplace(run.run_id, which);
  which->claims.push_back(run.run_id);
  if (bug_enabled(seeded_bug::ledger_after_spawn)) {
    const std::vector<std::string> claims = std::exchange(which->claims, {});
    begin_claimed(which, claims);
    return write_soon(which);
  }
  write_now(which);
}

// The write of a claim may have taken long, and an operator may have acted meanwhile.
skip_reason term_core::too_late_for(const tracked_job& which, const open_run& run) const {
  if (which.removed) return skip_reason::removed;
  if (is_paused(which, run)) return skip_reason::paused;
  const duration most = std::max<duration>(which.what->starting_deadline, punctual) + punctual;
  const bool late = lane_.clock.now() - due_at(*which.what, run) > most;
  return late ? skip_reason::deadline : skip_reason::none;
}

void term_core::skip_claimed(const tracked_ptr& which, const std::string& run_id,
                             skip_reason reason) {
  running_.erase(run_id);
  replaced_.erase(run_id);
  skip_run(which, run_id, reason);
  lane_.admitted.end(run_id, lane_.clock.now());
  changed_.notify_all();
}

// The claims are in the ledger.
void term_core::begin_claimed(const tracked_ptr& which, const std::vector<std::string>& claims) {
  const bool refused = bug_enabled(seeded_bug::holds_not_asked) ? stopping_ : starts_nothing();
  if (refused) return release_claims(which, claims);
  for (const std::string& id : claims) {
    open_run* const run = which->document.find_open(id);
    if (run == nullptr) continue;
    const skip_reason reason = too_late_for(*which, *run);
    if (reason != skip_reason::none) {
      skip_claimed(which, id, reason);
      continue;
    }
    if (replaced_.erase(id) > 0) {
      run_result replaced;
      replaced.how = run_result::ending::stopped;
      replaced.cause = stop_cause::replaced;
      replaced.text = "stopped before it began";
      end_run(which, id, replaced);
      continue;
    }
    if (lane_.observer) {
      const sys_milliseconds start = start_of(*which->what, run->tick);
      lane_.observer->on_begun(*which->what, *run, lane_.clock.now() - start);
    }
    begun_.insert(id);
    lane_.admitted.begins(id, lane_.clock.now());
    asio::co_spawn(lane_.executor, run_one(which, request_of(*which, *run)), asio::detached);
    tasks_.spawn(mark_started(which, id));
  }
}

// Of runs that will not begin. If the ledger has a claim already and the lease is over, it cannot
// be taken back: then the successor gives it an unknown end.
void term_core::release_claims(const tracked_ptr& which, const std::vector<std::string>& claims) {
  for (const std::string& id : claims) {
    if (open_run* const run = which->document.find_open(id)) run->what = open_run::state::waiting;
    running_.erase(id);
    replaced_.erase(id);
    admitted_.erase(id);
    lane_.admitted.end(id, lane_.clock.now());
  }
  if (!claims.empty()) write_soon(which);
  changed_.notify_all();
}

// Most runs are over before that: they cost no further write.
asio::awaitable<void> term_core::mark_started(tracked_ptr which, std::string run_id) {
  co_await runtime::sleep_until(lane_.timers, lane_.timers.now() + std::chrono::seconds(1));
  open_run* const run = which->document.find_open(run_id);
  if (run == nullptr || run->what != open_run::state::claimed) co_return;
  run->what = open_run::state::started;
  write_soon(which);
}

asio::awaitable<void> term_core::run_one(tracked_ptr which, run_request request) {
  const auto self = shared_from_this();
  const std::string id = request.run_id;
  run_result result;
  try {
    run_result ended = co_await lane_.runner.run(std::move(request), term_);
    result = std::move(ended);
  } catch (const std::exception& e) {
    result.how = run_result::ending::stopped;
    result.text = e.what();
  }
  end_run(which, id, result);
}

void term_core::end_run(const tracked_ptr& which, const std::string& run_id,
                        const run_result& result) {
  running_.erase(run_id);
  begun_.erase(run_id);
  if (stopping_) quiet_since_ = lane_.timers.now();
  if (const std::optional<open_run> run = which->document.take_open(run_id)) {
    run_record r;
    r.tick = r.until = run->tick;
    r.trigger = run->trigger;
    r.run_id = run_id;
    r.host = run->host;
    r.fence = run->fence;
    r.began = run->claimed_at;
    r.ending = result.how;
    r.took = result.took;
    r.exit_code = result.exit_code;
    r.signal_number = result.signal_number;
    r.text = result.text;
    r.attempts = result.attempts;
    r.cause = result.cause;
    r.tail = result.tail;
    add_record(which, std::move(r));
  }
  admitted_.erase(run_id);
  lane_.admitted.end(run_id, lane_.clock.now());
  changed_.notify_all();
  if (term_.hand_over_wanted() && running_.empty()) alarm_.interrupt();
}

void term_core::log_record(const job& what, const run_record& r) {
  if (r.state == record_state::skipped) {
    const bool expected = r.reason == skip_reason::paused;
    lane_.log->log(expected ? log_level::debug : log_level::warn, "job skipped",
                   {log_field("job", what.name), log_field("reason", to_string(r.reason)),
                    log_field("tick", rfc3339(r.tick)),
                    log_field("until", r.count > 1 ? rfc3339(r.until) : std::string()),
                    log_field("count", r.count), log_field("fence", term_.fence()),
                    log_field("election", term_.key())});
  } else if (r.state == record_state::unknown) {
    lane_.log->log(log_level::warn, "job outcome unknown",
                   {log_field("job", what.name), log_field("tick", rfc3339(r.tick)),
                    log_field("run", r.run_id), log_field("host", r.host),
                    log_field("fence", r.fence), log_field("election", term_.key())});
  }
}

void term_core::add_record(const tracked_ptr& which, run_record r) {
  log_record(*which->what, r);
  if (lane_.observer) lane_.observer->on_record(*which->what, r);
  cron::add_record(which->document, *which->what, std::move(r));
  write_soon(which);
}

// -- runs that operators ask for -----------------------------------------------------------------

// No replica led the job for a while. The clock of the operator's machine may differ a little.
bool term_core::is_late(const run_order& order, const job& what) const {
  if (order.note.at == sys_milliseconds()) return false;  // it does not say
  return lane_.clock.now() - order.note.at > what.starting_deadline + punctual;
}

/// An operator's run is for a paused job as well.
bool term_core::is_paused(const tracked_job& which, const open_run& run) const {
  return run.trigger != run_trigger::operator_request && control_.is_paused(which.what->name);
}

// What waits for its splay, an earlier run or room does not begin.
void term_core::skip_paused() {
  for (const auto& [name, note] : control_.paused) {
    const auto found = jobs_.find(name);
    if (found == jobs_.end()) continue;
    const tracked_ptr which = found->second;
    std::vector<std::string> waiting;
    for (const open_run& run : which->document.open) {
      const bool waits = run.what == open_run::state::waiting;
      if (waits && is_paused(*which, run)) waiting.push_back(run.run_id);
    }
    for (const std::string& id : waiting) {
      skip_run(which, id, skip_reason::paused);
      lane_.admitted.end(id, lane_.clock.now());
    }
  }
}

void term_core::take_orders() {
  orders_changed_ = orders_wait_ = false;
  for (const run_order& order : control_.orders) {
    const auto found = jobs_.find(order.note.job);
    if (found == jobs_.end()) continue;
    const tracked_ptr& which = found->second;
    if (which->orders.size() >= most_orders) continue;
    if (which->orders.contains(order.id) || which->document.mentions(order.id)) continue;
    if (which->document.open.size() >= most_open_runs) {
      orders_wait_ = true;
      continue;
    }
    lane_.log->log(log_level::info, "run requested",
                   {log_field("job", order.note.job), log_field("run", order.id),
                    log_field("by", order.note.by), log_field("election", term_.key())});
    which->orders.emplace(order.id, order);
    const open_run run = add_run(which, lane_.clock.now_seconds(), run_trigger::operator_request,
                                 order.id);
    if (is_late(order, *which->what)) {
      skip_run(which, order.id, skip_reason::deadline);
    } else {
      begin_wait(which, run);
    }
  }
}

}  // namespace tenure::cron
