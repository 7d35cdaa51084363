#include "tenure-cron/operating/job_status.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tenure/toolkit/json_writer.hpp>

namespace tenure::cron {
namespace {

template <class Time>
std::int64_t count_of(Time t) {
  return static_cast<std::int64_t>(t.time_since_epoch().count());
}

void write_open(text::json_writer& w, const open_run& r) {
  w.begin_object();
  w.key("run").value(r.run_id);
  w.key("tick").value(count_of(r.tick));
  w.key("state").value(to_string(r.what));
  w.key("trigger").value(to_string(r.trigger));
  w.key("host").value(r.host);
  w.key("fence").value(r.fence);
  w.key("claimed").value(count_of(r.claimed_at));
  w.end_object();
}

}  // namespace

const open_run* job_status::current() const noexcept {
  if (!document || document->open.empty()) return nullptr;
  const auto begun = std::ranges::find_if(document->open, [](const open_run& r) {
    return r.what != open_run::state::waiting;
  });
  return begun == document->open.end() ? &document->open.front() : &*begun;
}

const run_record* job_status::last() const noexcept {
  return document && !document->recent.empty() ? &document->recent.back() : nullptr;
}

const char* job_status::state() const noexcept {
  const open_run* now = current();
  if (now != nullptr && now->what != open_run::state::waiting) return "running";
  if (removed) return "removed";
  if (paused) return "paused";
  return now != nullptr ? "waiting" : "idle";
}

std::optional<sys_seconds> job_status::next() const noexcept {
  return document && !removed ? document->next_tick : std::nullopt;
}

void mark_removed(std::vector<job_status>& all, const jobs_file& file) {
  std::map<std::string_view, run_place> places;
  for (const job_ptr& j : file.jobs) places.emplace(j->name, j->run_on);
  for (job_status& one : all) {
    const run_place place = one.member.empty() ? run_place::leader : run_place::all;
    const auto found = places.find(one.name);
    one.removed = found == places.end() || found->second != place;
  }
}

const char* outcome_of(const run_record& record) noexcept {
  if (record.state == record_state::skipped) return "skipped";
  if (record.state == record_state::unknown) return "unknown";
  switch (record.ending) {
    case run_result::ending::succeeded: return "ok";
    case run_result::ending::failed: return "failed";
    case run_result::ending::not_started: return "not_started";
    case run_result::ending::stopped: break;
  }
  return "stopped";
}

std::string detail_of(const run_record& record) {
  std::string text;
  if (record.state == record_state::skipped) {
    text = to_string(record.reason);
    if (record.count > 1) text += ", " + std::to_string(record.count) + " ticks";
  } else if (record.state == record_state::finished) {
    text = record.text;
    if (record.cause != stop_cause::none)
      text += (text.empty() ? "" : ", ") + std::string(to_string(record.cause));
    if (record.attempts > 1)
      text += (text.empty() ? "" : ", ") + std::to_string(record.attempts) + " attempts";
  }
  return text;
}

std::string to_json(const job_status& status) {
  text::json_writer w;
  w.begin_object();
  w.key("job").value(status.name);
  w.key("member").value(status.member);
  w.key("schedule").value(status.document ? status.document->schedule : "");
  w.key("zone").value(status.document ? status.document->zone : "");
  w.key("state").value(status.state());
  w.key("paused");
  if (status.paused) {
    w.begin_object().key("by").value(status.paused->by);
    w.key("at").value(count_of(status.paused->at)).end_object();
  } else {
    w.null();
  }
  if (status.leader) {
    w.key("leader");
    status.leader->empty() ? w.null() : w.value(*status.leader);
  }
  w.key("next");
  if (const auto next = status.next()) {
    w.value(count_of(*next));
  } else {
    w.null();
  }
  w.key("open").begin_array();
  if (status.document) {
    for (const open_run& r : status.document->open) write_open(w, r);
  }
  w.end_array();
  w.key("last");
  if (const run_record* r = status.last()) {
    w.raw(to_json(*r));
  } else {
    w.null();
  }
  w.key("records").value(status.document ? status.document->records : std::uint64_t{0});
  w.end_object();
  return w.take();
}

}  // namespace tenure::cron
