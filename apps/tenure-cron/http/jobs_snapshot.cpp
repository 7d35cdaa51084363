#include "tenure-cron/http/jobs_snapshot.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <map>
#include <set>
#include <tenure/toolkit/json_writer.hpp>

#include "tenure-cron/operating/operations.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using text::json_writer;

namespace {

constexpr duration least_pause = 1s, most_pause = 1min;
constexpr int share = 20;  // of the time that a read takes: the pause after it
constexpr std::size_t strip_length = 20;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// o ok, f failed, x stopped, n not started, s skipped, u unknown
std::string strip_of(const ledger_document& document) {
  static const std::map<std::string, char> letters{{"ok", 'o'},          {"failed", 'f'},
                                                   {"stopped", 'x'},     {"not_started", 'n'},
                                                   {"skipped", 's'},     {"unknown", 'u'}};
  std::string strip;
  const auto& recent = document.recent;
  const std::size_t from = recent.size() - std::min(recent.size(), strip_length);
  for (std::size_t i = from; i < recent.size(); ++i) strip += letters.at(outcome_of(recent[i]));
  return strip;
}

void write_time(json_writer& w, std::optional<sys_seconds> t) {
  if (t) {
    w.value(std::int64_t(t->time_since_epoch().count()));
  } else {
    w.null();
  }
}

void write_job(json_writer& w, const job_status& status) {
  const ledger_document empty;
  const ledger_document& document = status.document ? *status.document : empty;
  const run_record* const last = status.last();
  const open_run* const now = status.current();
  w.begin_array();
  w.value(status.name).value(document.schedule).value(document.zone).value(status.state());
  write_time(w, status.next());
  w.value(now != nullptr && !now->host.empty() ? now->host : last != nullptr ? last->host : "");
  w.value(status.paused ? status.paused->by : "");
  write_time(w, last == nullptr ? std::nullopt : std::optional(last->until));
  w.value(last == nullptr ? "" : outcome_of(*last));
  const auto took = last == nullptr ? duration(0) : last->took;
  w.value(std::int64_t(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  w.value(strip_of(document)).value(status.member);
  w.end_array();
}

}  // namespace

std::string jobs_to_json(const std::vector<job_status>& all, const jobs_file& file) {
  json_writer w;
  w.begin_array();
  std::set<std::string_view> seen;
  for (const job_status& one : all) {
    write_job(w, one);
    seen.insert(one.name);
  }
  for (const job_ptr& j : file.jobs) {
    if (seen.contains(j->name)) continue;
    job_status unseen(j->name);
    unseen.document.emplace();
    unseen.document->schedule = j->when.text();
    unseen.document->zone = j->zone.name;
    write_job(w, unseen);
  }
  w.end_array();
  return w.take();
}

jobs_snapshot::jobs_snapshot(asio::any_io_executor executor, runtime::timers& timers,
                             const replica_view& view)
    : executor_(executor),
      timers_(timers),
      view_(view),
      tasks_(executor, timers, [](std::exception_ptr) {}) {}

std::string jobs_snapshot::json() {
  if (!reading_ && timers_.now() >= next_read_) {
    reading_ = true;
    tasks_.spawn(read());
  }
  json_writer w;
  w.begin_object();
  w.key("host").value(view_.host());
  w.key("now_ms").value(now_ms());
  w.key("read_ms");
  if (read_ms_ != 0) {
    w.value(read_ms_);
  } else {
    w.null();
  }
  w.key("error").value(error_);
  w.key("tenants").begin_array();
  for (const tenant_view& t : view_.tenants()) {
    w.begin_object();
    w.key("name").value(t.name);
    w.key("election").value(t.file.election);
    w.key("differing").begin_array();
    for (const std::string& other : t.differing) w.value(other);
    w.end_array();
    w.key("lanes").value(std::uint64_t{t.lanes});
    w.key("led").value(std::uint64_t{t.led});
    w.key("running").value(std::uint64_t{t.running});
    const auto at = std::ranges::find(ledgers_, t.file.ledger);
    const bool known = at != ledgers_.end();
    w.key("jobs").raw(known ? jobs_[std::size_t(at - ledgers_.begin())] : jobs_to_json({}, t.file));
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return w.take();
}

// Each tenant by itself: one that cannot be read does not hide the others.
asio::awaitable<void> jobs_snapshot::read() {
  const time_point begin = timers_.now();
  old_ = false;
  std::vector<std::string> jobs, ledgers;
  std::string error;
  std::vector<std::pair<std::string, kv>> wanted;
  for (const tenant_view& t : view_.tenants()) wanted.emplace_back(t.file.ledger, t.store);
  for (const auto& [ledger, store] : wanted) {
    try {
      std::vector<job_status> all = co_await read_jobs(store, ledger);
      for (const tenant_view& t : view_.tenants()) {
        if (t.file.ledger != ledger) continue;
        mark_removed(all, t.file);
        jobs.push_back(jobs_to_json(all, t.file));
        ledgers.push_back(ledger);
        break;
      }
    } catch (const boost::system::system_error& e) {
      error = e.what();
      const auto old = std::ranges::find(ledgers_, ledger);
      if (old == ledgers_.end()) continue;
      jobs.push_back(jobs_[std::size_t(old - ledgers_.begin())]);
      ledgers.push_back(ledger);
    }
  }
  jobs_ = std::move(jobs);
  ledgers_ = std::move(ledgers);
  if (error.empty()) read_ms_ = now_ms();
  error_ = std::move(error);
  const duration took = timers_.now() - begin;
  const duration pause = std::clamp<duration>(took * share, least_pause, most_pause);
  if (!old_) next_read_ = timers_.now() + pause;
  reading_ = false;
}

asio::awaitable<void> jobs_snapshot::stop() {
  tasks_.cancel();
  co_await tasks_.join();
}

}  // namespace tenure::cron
