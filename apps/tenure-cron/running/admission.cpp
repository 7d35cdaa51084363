#include "tenure-cron/running/admission.hpp"

#include <algorithm>

#include "tenure-cron/jobs_file/job.hpp"

namespace tenure::cron {
namespace {

// Ticks that were missed: one after another, and none of them skipped for the others.
bool in_sequence(const run_request& what) {
  const bool missed =
      what.trigger == run_trigger::catch_up || what.trigger == run_trigger::retry_unknown;
  return missed && what.what->overlap != overlap_rule::allow;
}

}  // namespace

void admission::set_max_parallel(std::optional<std::size_t> most, sys_seconds now) {
  most_ = most;
  expire(now);
  start_all_waiting();
  deliver();
}

admission_verdict admission::ask(const run_request& what, sys_seconds now, answer later) {
  static const job_state idle;
  const auto known = jobs_.find(what.what->name);
  const job_state& state = known == jobs_.end() ? idle : known->second;
  const overlap_rule rule = what.what->overlap;
  const bool others_wait = !state.waiting.empty();
  const bool blocked = overlaps(what, state);
  if (!blocked && !others_wait && has_room(what, state)) {
    start(what);
    return admission_verdict::start;
  }
  if (rule == overlap_rule::allow || in_sequence(what)) return wait(what, now, std::move(later));
  if (rule == overlap_rule::replace) {
    // The newest run wins. One that waits is replaced before it has started.
    const std::vector<place> older(state.waiting.begin(), state.waiting.end());
    for (const place& where : older) {
      if (!in_sequence(waiting_.at(where).what)) drop(where, admission_verdict::skip_overlap);
    }
    const admission_verdict verdict = wait(what, now, std::move(later));
    deliver();
    return blocked && verdict == admission_verdict::wait ? admission_verdict::replace : verdict;
  }
  const bool queue_has_place = rule == overlap_rule::queue && !others_wait;
  if ((blocked || others_wait) && !queue_has_place) return admission_verdict::skip_overlap;
  return wait(what, now, std::move(later));
}

void admission::end(const std::string& run_id, sys_seconds now) {
  std::erase_if(answers_, [&](const due_answer& a) { return a.run_id == run_id; });
  if (const auto waits = places_.find(run_id); waits != places_.end()) {
    take(place(waits->second));
    return;
  }
  const auto found = running_.find(run_id);
  if (found == running_.end()) return;
  const bool was_full = file_is_full();
  const std::string job = std::move(found->second);
  running_.erase(found);
  job_state& state = jobs_.at(job);
  std::erase(state.running, run_id);
  const std::vector<place> own(state.waiting.begin(), state.waiting.end());
  forget_if_idle(job);
  expire(now);
  if (was_full) {
    start_all_waiting();
  } else {
    start_waiting(own);
  }
  deliver();
}

void admission::expire(sys_seconds now) {
  while (!deadlines_.empty() && deadlines_.begin()->first < now) {
    const place where = deadlines_.begin()->second;
    drop(where, late(waiting_.at(where)));
  }
  deliver();
}

std::optional<sys_seconds> admission::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first + std::chrono::seconds(1);
}

std::vector<std::string> admission::running(const std::string& job) const {
  const auto found = jobs_.find(job);
  return found == jobs_.end() ? std::vector<std::string>() : found->second.running;
}

bool admission::overlaps(const run_request& what, const job_state& state) const {
  return what.what->overlap != overlap_rule::allow && !state.running.empty();
}

bool admission::has_room(const run_request& what, const job_state& state) const {
  const auto most = what.what->max_parallel;
  return !file_is_full() && !(most && state.running.size() >= *most);
}

void admission::start(const run_request& what) {
  running_[what.run_id] = what.what->name;
  jobs_[what.what->name].running.push_back(what.run_id);
}

// Which reason a run has that waits too long.
admission_verdict admission::late(const waiting_run& run) const {
  const auto state = jobs_.find(run.what.what->name);
  const bool overlapped = state != jobs_.end() && overlaps(run.what, state->second);
  return overlapped ? admission_verdict::skip_deadline : admission_verdict::skip_limit;
}

admission_verdict admission::wait(const run_request& what, sys_seconds now, answer later) {
  const auto patience = std::chrono::floor<std::chrono::seconds>(what.what->starting_deadline);
  waiting_run run{what, std::move(later), what.tick + patience};
  if (run.deadline < now) return late(run);
  const place where(what.tick, asked_++);
  deadlines_.emplace(run.deadline, where);
  places_.emplace(what.run_id, where);
  jobs_[what.what->name].waiting.insert(where);
  waiting_.emplace(where, std::move(run));
  return admission_verdict::wait;
}

admission::waiting_run admission::take(place where) {
  const auto found = waiting_.find(where);
  waiting_run taken = std::move(found->second);
  waiting_.erase(found);
  places_.erase(taken.what.run_id);
  deadlines_.erase({taken.deadline, where});
  jobs_.at(taken.what.what->name).waiting.erase(where);
  forget_if_idle(taken.what.what->name);
  return taken;
}

void admission::forget_if_idle(const std::string& job) {
  const auto found = jobs_.find(job);
  if (found != jobs_.end() && found->second.running.empty() && found->second.waiting.empty())
    jobs_.erase(found);
}

void admission::drop(place where, admission_verdict why) {
  waiting_run dropped = take(where);
  answers_.push_back({std::move(dropped.what.run_id), std::move(dropped.later), why});
}

void admission::start_waiting(std::vector<place> candidates) {
  for (const place& where : candidates) {
    if (file_is_full()) return;
    const auto found = waiting_.find(where);
    if (found == waiting_.end()) continue;  // dropped meanwhile
    const run_request& what = found->second.what;
    const job_state& state = jobs_.at(what.what->name);
    if (overlaps(what, state) || !has_room(what, state)) continue;
    const waiting_run started = take(where);
    start(started.what);
    answers_.push_back({started.what.run_id, started.later, admission_verdict::start});
  }
}

void admission::start_all_waiting() {
  std::vector<place> all;
  all.reserve(waiting_.size());
  for (const auto& [where, run] : waiting_) all.push_back(where);
  start_waiting(std::move(all));
}

// An answer may ask and end, which adds and removes answers.
void admission::deliver() {
  if (delivering_) return;
  delivering_ = true;
  while (!answers_.empty()) {
    const due_answer next = std::move(answers_.front());
    answers_.pop_front();
    next.call(next.verdict);
  }
  delivering_ = false;
}

}  // namespace tenure::cron
