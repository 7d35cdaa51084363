// The jobs of a term: what the ledger says of them at its beginning, and reloads.
#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tenure-cron/schedule/stable_hash.hpp"
#include "tenure-cron/term/term_core.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// More documents than that are read by one request for all of the folder.
constexpr std::size_t most_single_reads = 256;
// A document may have a thousand runs with an unknown end: so many of them get a line of log.
constexpr std::size_t most_lines = 10;

std::set<std::string> names_of(const std::vector<job_ptr>& jobs) {
  std::set<std::string> names;
  for (const job_ptr& j : jobs) names.insert(j->name);
  return names;
}

}  // namespace

asio::awaitable<void> term_core::pause(duration& length) {
  length = std::clamp<duration>(length * 2, 100ms, 2s);
  const time_point until = lane_.timers.now() + length;
  while (can_write() && lane_.timers.now() < until) co_await interrupted_.wait(until);
}

// Reads some keys, or with a prefix all below it. Returns nothing once the term is over.
asio::awaitable<std::vector<ledger_entry>> term_core::read_until_done(
    std::vector<std::string> keys, std::string prefix) {
  std::vector<ledger_entry> found;
  duration between{0};
  bool done = false;
  std::string logged;
  while (!done && can_write()) {
    std::string failure;
    try {
      if (prefix.empty()) {
        std::vector<ledger_entry> read = co_await lane_.store.read(keys);
        found = std::move(read);
      } else {
        std::vector<ledger_entry> listed = co_await lane_.store.list(prefix);
        found = std::move(listed);
      }
      done = true;
    } catch (const boost::system::system_error& e) {
      if (e.code() == asio::error::operation_aborted) throw;
      if (!is_logged_by_library(e.code())) failure = e.what();
    }
    if (done) continue;
    // An outage is one line, however often it is tried again.
    if (!failure.empty() && failure != logged)
      lane_.log->log(log_level::warn, "ledger read failed",
                     {log_field("election", term_.key()), log_field("error", failure)});
    logged = failure;
    // The successor may have the right to read it.
    if (term_.hand_over_wanted() && begun_.empty() && !stopping_) stop();
    co_await pause(between);
  }
  co_return found;
}

asio::awaitable<void> term_core::load() {
  // What the watch says meanwhile may be older or newer: then one more read knows.
  std::vector<ledger_entry> stored;
  do {
    orders_changed_ = false;
    std::vector<std::string> none;
    std::string prefix = lane_.keys.control();
    std::vector<ledger_entry> found = co_await read_until_done(std::move(none), std::move(prefix));
    stored = std::move(found);
  } while (orders_changed_ && can_write());
  control_ = read_control(lane_.keys, stored);
  orders_changed_ = true;
  std::vector<job_ptr> jobs = reload_ ? *std::exchange(reload_, std::nullopt) : lane_.jobs;
  co_await load_jobs(std::move(jobs));
}

asio::awaitable<void> term_core::load_jobs(std::vector<job_ptr> jobs) {
  std::vector<std::string> keys;
  std::string prefix;
  if (jobs.size() > most_single_reads) {
    prefix = lane_.keys.jobs();
  } else {
    for (const job_ptr& j : jobs) keys.push_back(lane_.keys.document(j->name));
  }
  if (jobs.empty()) co_return;
  const std::vector<ledger_entry> stored =
      co_await read_until_done(std::move(keys), std::move(prefix));
  if (!can_write()) co_return;
  std::unordered_map<std::string, const ledger_entry*> by_key;
  for (const ledger_entry& one : stored) by_key.emplace(one.key, &one);
  std::size_t begun = 0;
  for (const job_ptr& j : jobs) {
    const auto which = std::make_shared<tracked_job>(j);
    const auto found = by_key.find(lane_.keys.document(j->name));
    if (found != by_key.end()) {
      const ledger_entry& entry = *found->second;
      which->index = entry.modify_index;
      which->stored_hash = stable_hash(entry.value);
      if (auto read = parse_ledger_document(entry.value)) {
        which->document = std::move(*read);
        which->stored_first_page = which->document.first_page;
      } else {
        lane_.log->log(log_level::warn, "ledger document unreadable",
                       {log_field("job", j->name), log_field("key", entry.key),
                        log_field("election", term_.key())});
      }
    }
    jobs_[j->name] = which;
    if (forgotten_.erase(j->name) > 0)
      adopt_schedule(which->document, *j, lane_.clock.now_seconds());
    begin_job(which);
    if (++begun % jobs_per_turn == 0) co_await asio::post(lane_.executor, asio::use_awaitable);
  }
}

void term_core::begin_job(const tracked_ptr& which) {
  const job& what = *which->what;
  const sys_seconds now = lane_.clock.now_seconds();
  which->loaded = which->document.highest();
  const std::vector<run_record> news =
      take_over(which->document, what, now, lane_.make_run_id);
  std::size_t shown = 0;
  for (const run_record& r : news) {
    if (++shown <= most_lines) log_record(what, r);
    if (lane_.observer) lane_.observer->on_record(what, r);
    // An order that came too late: its key goes with the record.
    const auto order = std::ranges::find(control_.orders, r.run_id, &run_order::id);
    if (order != control_.orders.end() && !r.run_id.empty())
      which->orders.emplace(r.run_id, *order);
  }
  if (shown > most_lines)
    lane_.log->log(log_level::warn, "further job records",
                   {log_field("job", what.name), log_field("count", shown - most_lines),
                    log_field("election", term_.key())});
  which->loaded = std::max(which->loaded, which->document.highest());
  plan_job(which);
  write_soon(which);
  begin_waiting(which);
}

// What an operator has asked for, and taken back since, does not run.
void term_core::begin_waiting(const tracked_ptr& which) {
  const std::vector<open_run> open = which->document.open;
  for (const open_run& run : open) {
    if (run.what != open_run::state::waiting) continue;
    if (run.trigger == run_trigger::operator_request) {
      const auto order = std::ranges::find(control_.orders, run.run_id, &run_order::id);
      if (order == control_.orders.end()) {
        which->document.take_open(run.run_id);
        continue;
      }
      which->orders.emplace(run.run_id, *order);
    }
    begin_wait(which, run);
  }
}

// -- reload --------------------------------------------------------------------------------------

/// What waits does not run any more: it is on record, so that no tick is lost without a reason, and
/// nothing of the document looks as if the job went on.
void term_core::drop_job(const std::string& name) {
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return;
  const tracked_ptr which = found->second;
  jobs_.erase(found);
  dropped_[name] = which;
  which->removed = true;
  const std::vector<open_run> open = which->document.open;
  for (const open_run& run : open) {
    if (run.what != open_run::state::waiting) continue;
    lane_.admitted.end(run.run_id, lane_.clock.now());
    skip_run(which, run.run_id, skip_reason::removed);
  }
  which->document.next_tick.reset();
  write_soon(which);
  if (lane_.observer) lane_.observer->on_term_over(*which->what);
}

void term_core::drop_all_but(const std::set<std::string>& names) {
  std::vector<std::string> gone;
  for (const auto& [name, which] : jobs_)
    if (!names.contains(name)) gone.push_back(name);
  for (const std::string& name : gone) drop_job(name);
}

// The last reload of a term that ends before it has come to it. No successor knows the jobs that
// have left the file.
void term_core::drop_last_removed() {
  if (reload_ && can_write()) drop_all_but(names_of(*reload_));
}

// Of a job that may come back the term needs to know only that it missed nothing meanwhile.
void term_core::forget_dropped(const tracked_ptr& which) {
  if (!which->removed || which->dirty || which->writing || !which->document.open.empty()) return;
  const std::string name = which->what->name;
  const auto found = dropped_.find(name);
  if (found == dropped_.end() || found->second != which) return;
  dropped_.erase(found);
  forgotten_.insert(name);
  if (lane_.observer) lane_.observer->on_term_over(*which->what);
}

asio::awaitable<void> term_core::apply_reload() {
  const std::vector<job_ptr> jobs = *std::exchange(reload_, std::nullopt);
  std::vector<job_ptr> added;
  const std::set<std::string> names = names_of(jobs);
  for (const job_ptr& j : jobs) {
    const auto found = jobs_.find(j->name);
    const auto before = dropped_.find(j->name);
    if (found == jobs_.end() && before == dropped_.end()) {
      added.push_back(j);
      continue;
    }
    const tracked_ptr which = found != jobs_.end() ? found->second : before->second;
    which->what = j;
    if (!which->removed && which->document.digest == j->digest()) continue;
    adopt_schedule(which->document, *j, lane_.clock.now_seconds());
    jobs_[j->name] = which;
    plan_job(which);
    write_soon(which);
    if (std::exchange(which->removed, false)) dropped_.erase(before);
  }
  drop_all_but(names);
  orders_changed_ = true;  // some may be of jobs that are back, or new
  co_await load_jobs(std::move(added));
}

}  // namespace tenure::cron
