// The loop of a term: it wakes at each tick, decides what becomes of the ticks that are due, and
// winds down.
#include "tenure-cron/term/term_core.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <random>

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// While a hand-over is wanted, nothing new starts for that long. If runs go on even then, the lane
// goes on as usual until none does: its other jobs must not wait for one that runs for hours.
constexpr duration longest_hold_back = 10s;
// Once no run goes on, a term that ends tries for that long to write what the ledger lacks. A token
// without the right to write the ledger must not keep the lease for ever.
constexpr duration longest_farewell = 5s;

}  // namespace

std::string random_run_id() {
  static std::random_device source;
  constexpr char digits[] = "0123456789abcdef";
  std::string id;
  for (int word = 0; word < 3; ++word) {
    std::uint32_t bits = source();
    for (int i = 0; i < 7; ++i, bits >>= 4) id += digits[bits & 15];
  }
  return id;
}

term_core::term_core(lane_context& lane, term leading)
    : lane_(lane),
      term_(std::move(leading)),
      alarm_(lane.clock),
      changed_(lane.timers),
      interrupted_(lane.timers),
      tasks_(lane.executor, lane.timers,
             [](std::exception_ptr e) { std::rethrow_exception(std::move(e)); }) {}

bool term_core::can_write() const noexcept { return !ended_ && term_.holds() && !gave_up(); }

bool term_core::gave_up() const noexcept {
  return stopping_ && begun_.empty() && quiet_since_ &&
         lane_.timers.now() >= *quiet_since_ + longest_farewell;
}

bool term_core::over() const noexcept {
  return !can_write() || term_.stop_token().stop_requested();
}

void term_core::interrupt() noexcept {
  alarm_.interrupt();
  changed_.notify_all();
  interrupted_.notify_all();
}

void term_core::stop() {
  if (!std::exchange(stopping_, true)) quiet_since_ = lane_.timers.now();
  interrupt();
}

void term_core::stop_runs(stop_cause why) {
  std::vector<std::string> ids;
  for (const auto& [id, which] : running_) ids.push_back(id);
  for (const std::string& id : ids) lane_.runner.stop(id, why);
}

void term_core::reload(std::vector<job_ptr> jobs) {
  reload_ = std::move(jobs);
  interrupt();
}

void term_core::control_changed(const control_state& now) {
  control_ = now;
  orders_changed_ = true;
  interrupt();
}

asio::awaitable<void> term_core::run() {
  const auto self = shared_from_this();
  auto wake = [this] { interrupt(); };
  const std::stop_callback<decltype(wake)> stop(term_.stop_token(), std::move(wake));
  co_await load();
  if (!starts_nothing()) {
    tasks_.spawn(watch_hand_over());
    tasks_.spawn(flush_lazily());
    co_await follow_ticks();
  }
  co_await wind_down();
}

asio::awaitable<void> term_core::watch_hand_over() {
  co_await term_.hand_over_requested();
  interrupt();
}

/// Whether runs must wait because the lane is about to be handed over.
bool term_core::holds_back() {
  if (!term_.hand_over_wanted()) {
    // Withdrawn: the next request begins anew.
    if (held_back_since_) tasks_.spawn(watch_hand_over());
    held_back_since_.reset();
    return false;
  }
  if (!held_back_since_) held_back_since_ = lane_.timers.now();
  return lane_.timers.now() < *held_back_since_ + longest_hold_back;
}

/// Claims that the ledger does not take hold it up only for a while.
bool term_core::can_hand_over() const {
  if (!term_.hand_over_wanted()) return false;
  if (running_.empty()) return true;
  return begun_.empty() && held_back_since_ &&
         lane_.timers.now() >= *held_back_since_ + longest_farewell;
}

asio::awaitable<void> term_core::follow_ticks() {
  while (!starts_nothing()) {
    if (reload_) co_await apply_reload();
    if (starts_nothing()) co_return;
    if (can_hand_over()) co_return;
    if (orders_changed_) {
      skip_paused();
      take_orders();
    }
    // Ticks that are held back wait in the ledger: the successor runs them.
    if (!holds_back()) ask_held_back();
    co_await decide_due();
    loaded_ = true;
    if (starts_nothing()) co_return;
    if (can_hand_over()) co_return;
    sys_seconds next = next_wakeup();
    if (held_back_since_) next = std::min(next, lane_.clock.now_seconds() + 1s);
    const wall_alarm::wakeup why = co_await alarm_.wait_until(next);
    if (why == wall_alarm::wakeup::clock_set) {
      lane_.log->log(log_level::warn, "wall clock was set", {log_field("election", term_.key())});
      co_await plan_all();
    }
    lane_.admitted.expire(lane_.clock.now());
  }
}

sys_seconds term_core::next_wakeup() {
  sys_seconds next = due_.empty() ? sys_seconds::max() : due_.top().first;
  if (const auto deadline = lane_.admitted.next_deadline()) {
    next = std::min(next, *deadline);
  }
  return next;
}

asio::awaitable<void> term_core::decide_due() {
  std::size_t decided = 0;
  while (!starts_nothing() && !due_.empty()) {
    const sys_seconds now = lane_.clock.now_seconds();
    const due_entry first = due_.top();
    if (first.first > now) co_return;
    due_.pop();
    const auto found = jobs_.find(first.second);
    // A job that was planned anew has another entry.
    if (found == jobs_.end() || found->second->planned.next != first.first) continue;
    const tracked_ptr which = found->second;
    decide_job(which, now);
    if (++decided % jobs_per_turn == 0) co_await asio::post(lane_.executor, asio::use_awaitable);
  }
}

void term_core::decide_job(const tracked_ptr& which, sys_seconds now) {
  const job& what = *which->what;
  const bool paused = control_.is_paused(what.name);
  const decision made =
      decide(what, which->planned, now, paused,
             loaded_ ? skip_reason::suspended : skip_reason::no_leader);
  which->document.decided(made.last);
  for (const run_record& r : made.skipped) add_record(which, r);
  // The document has all ticks up to the last one before any of them is claimed with it.
  std::vector<open_run> runs;
  for (const sys_seconds tick : made.run) {
    if (which->taken.contains(tick)) continue;
    if (which->document.open.size() >= most_open_runs) {  // a value in Consul has a limit
      add_record(which, skipped_ticks(tick, tick, 1, skip_reason::limit));
      continue;
    }
    const bool late = now > start_of(what, tick) + punctual;
    runs.push_back(add_run(which, tick, late ? run_trigger::catch_up : run_trigger::schedule,
                           lane_.make_run_id()));
  }
  plan_job(which);
  for (const open_run& run : runs) begin_wait(which, run);
}

void term_core::plan_job(const tracked_ptr& which) {
  const sys_seconds now = lane_.clock.now_seconds();
  const ledger_document& d = which->document;
  which->planned = plan_next(*which->what, d.last_tick.value_or(now), d.highest(), now);
  which->document.next_tick.reset();
  if (which->planned.next != sys_seconds::max()) {
    which->document.next_tick = which->planned.next;
    due_.emplace(which->planned.next, which->what->name);
  }
}

// After the clock was set.
asio::awaitable<void> term_core::plan_all() {
  std::vector<tracked_ptr> all;
  for (const auto& [name, which] : jobs_) all.push_back(which);
  due_ = {};
  std::size_t planned = 0;
  for (const tracked_ptr& which : all) {
    if (which->removed) continue;
    plan_job(which);
    if (++planned % jobs_per_turn == 0) co_await asio::post(lane_.executor, asio::use_awaitable);
  }
}

// The successor decides what waits: it stays in the documents.
void term_core::leave_waiting() {
  for (const std::string& id : std::exchange(admitted_, {})) {
    lane_.admitted.end(id, lane_.clock.now());
  }
}

asio::awaitable<void> term_core::wind_down() {
  stop();
  drop_last_removed();
  while (!running_.empty()) co_await changed_.wait();
  tasks_.cancel();
  co_await tasks_.join();
  leave_waiting();
  // What the lazy writer has not come to, the part that it has taken from its list included.
  for (const auto* all : {&jobs_, &dropped_}) {
    for (const auto& [name, which] : *all)
      if (which->dirty) write_soon(which);
  }
  while (writes_ > 0 || (!lazy_.empty() && can_write())) {
    for (const tracked_ptr& which : std::exchange(lazy_, {})) {
      which->queued = false;
      if (which->dirty) write_now(which);
    }
    if (writes_ > 0) co_await changed_.wait();
  }
  if (lane_.observer == nullptr) co_return;
  for (const auto* all : {&jobs_, &dropped_}) {
    for (const auto& [name, which] : *all) lane_.observer->on_term_over(*which->what);
  }
}

}  // namespace tenure::cron
