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

/// A start takes a moment: by so little no run is behind.
constexpr std::chrono::milliseconds moment{100};

std::chrono::sys_seconds second_of(sys_milliseconds t) {
  return std::chrono::floor<std::chrono::seconds>(t);
}

}  // namespace

void admission::set_max_parallel(std::optional<std::size_t> most, sys_milliseconds now) {
  now_ = now;
  most_ = most;
  drop_late();
  start_all_waiting();
  deliver();
}

admission_verdict admission::ask(const run_request& what, sys_milliseconds due,
                                 sys_milliseconds now, answer later) {
  now_ = now;
  static const job_state idle;
  const auto known = jobs_.find(what.what->name);
  const job_state& state = known == jobs_.end() ? idle : known->second;
  const bool blocked = is_blocked(what, state);
  if (!blocked && state.waiting.empty() && has_room(what, state)) {
    start(what, due);
    return admission_verdict::start;
  }
  const auto patience = std::chrono::floor<std::chrono::seconds>(what.what->starting_deadline);
  waiting_run run(what, due, std::move(later), second_of(due) + patience);
  const std::optional<sys_milliseconds> overlap = overlaps_at(run);
  run.overlapping = overlap && *overlap <= now + moment;
  const overlap_rule rule = what.what->overlap;
  const bool waits_anyway = rule == overlap_rule::replace ||
                            (rule == overlap_rule::queue && !one_overlaps(state));
  if (run.overlapping && !waits_anyway) return admission_verdict::skip_overlap;
  if (run.deadline < second_of(now)) return late(run);
  const bool replaces = run.overlapping && rule == overlap_rule::replace;
  const place where = enter(std::move(run));
  if (!replaces) return admission_verdict::wait;
  drop_replaced(jobs_.at(what.what->name), where);
  deliver();
  return blocked ? admission_verdict::replace : admission_verdict::wait;
}

void admission::begins(const std::string& run_id, sys_milliseconds now) {
  now_ = now;
  const auto found = running_.find(run_id);
  if (found == running_.end()) return;
  found->second.begun = true;
  job_state& state = jobs_.at(found->second.job);
  if (state.now.run_id != run_id) return;
  state.now.since = now;
  state.now.is_claimed = false;
  look_at_all(state);
}

void admission::end(const std::string& run_id, sys_milliseconds now) {
  now_ = now;
  std::erase_if(answers_, [&](const due_answer& a) { return a.run_id == run_id; });
  if (const auto waits = places_.find(run_id); waits != places_.end()) {
    take(place(waits->second));
    return;
  }
  const auto found = running_.find(run_id);
  if (found == running_.end()) return;
  const bool was_full = file_is_full();
  const std::string job = std::move(found->second.job);
  running_.erase(found);
  job_state& state = jobs_.at(job);
  std::erase(state.running, run_id);
  const std::vector<place> own(state.waiting.begin(), state.waiting.end());
  std::vector<place> overlapping;  // before the turn passes
  for (const place& where : own) {
    const auto overlap = overlaps_at(waiting_.at(where));
    if (overlap && *overlap <= now) overlapping.push_back(where);
  }
  for (const place& where : overlapping) {
    if (waiting_.contains(where)) on_overlap(where);
  }
  if (const auto left = jobs_.find(job); left != jobs_.end()) pass_turn(left->second);
  forget_if_idle(job);
  drop_late();
  if (was_full) {
    start_all_waiting();
  } else {
    start_waiting(own);
  }
  deliver();
}

void admission::expire(sys_milliseconds now) {
  now_ = now;
  drop_late();
  deliver();
}

void admission::drop_late() {
  while (!deadlines_.empty() && deadlines_.begin()->first < second_of(now_)) {
    const place where = deadlines_.begin()->second;
    const waiting_run& run = waiting_.at(where);
    if (run.looked_at == run.deadline) {
      drop(where, late(run));
    } else {
      on_overlap(where);
    }
  }
}

std::optional<sys_seconds> admission::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first + std::chrono::seconds(1);
}

std::vector<std::string> admission::running(const std::string& job) const {
  const auto found = jobs_.find(job);
  return found == jobs_.end() ? std::vector<std::string>() : found->second.running;
}

bool admission::is_blocked(const run_request& what, const job_state& state) const {
  return what.what->overlap != overlap_rule::allow && !state.running.empty();
}

bool admission::has_room(const run_request& what, const job_state& state) const {
  const auto most = what.what->max_parallel;
  return !file_is_full() && !(most && state.running.size() >= *most);
}

void admission::start(const run_request& what, sys_milliseconds due) {
  running_.emplace(what.run_id, started_run(what.what->name, due));
  job_state& state = jobs_[what.what->name];
  state.running.push_back(what.run_id);
  pass_turn(state);
  if (state.now.run_id != what.run_id) return;
  state.now.is_claimed = true;
  look_at_all(state);
}

// Which reason a run has that waits too long.
admission_verdict admission::late(const waiting_run& run) const {
  const auto state = jobs_.find(run.what.what->name);
  const bool blocked = state != jobs_.end() && is_blocked(run.what, state->second);
  return blocked ? admission_verdict::skip_deadline : admission_verdict::skip_limit;
}

admission::place admission::enter(waiting_run run) {
  const place where(run.what.tick, asked_++);
  places_.emplace(run.what.run_id, where);
  job_state& state = jobs_[run.what.what->name];
  state.waiting.insert(where);
  waiting_.emplace(where, std::move(run));
  pass_turn(state);
  look_again(where);
  return where;
}

admission::waiting_run admission::take(place where) {
  const auto found = waiting_.find(where);
  waiting_run taken = std::move(found->second);
  waiting_.erase(found);
  places_.erase(taken.what.run_id);
  deadlines_.erase({taken.looked_at, where});
  job_state& state = jobs_.at(taken.what.what->name);
  state.waiting.erase(where);
  pass_turn(state);
  forget_if_idle(taken.what.what->name);
  return taken;
}

// -- turns and overlaps --------------------------------------------------------------------------

void admission::pass_turn(job_state& state) {
  if (state.running.empty() && state.waiting.empty()) return;
  const waiting_run* const first =
      state.running.empty() ? &waiting_.at(*state.waiting.begin()) : nullptr;
  const std::string& next = first != nullptr ? first->what.run_id : state.running.front();
  if (state.now.run_id == next) return;
  if (first != nullptr) {
    state.now = turn(next, first->due, now_, false);
  } else {
    const started_run& run = running_.at(next);
    state.now = turn(next, run.due, now_, !run.begun);
  }
  look_at_all(state);
}

void admission::look_at_all(const job_state& state) {
  for (const place& where : state.waiting) look_again(where);
}

// When it overlaps the run that has its turn; nothing: never.
std::optional<sys_milliseconds> admission::overlaps_at(const waiting_run& run) const {
  if (run.overlapping || in_sequence(run.what)) return std::nullopt;
  if (run.what.what->overlap == overlap_rule::allow) return std::nullopt;
  const auto state = jobs_.find(run.what.what->name);
  if (state == jobs_.end() || state->second.now.run_id == run.what.run_id) return std::nullopt;
  const turn& before = state->second.now;
  const bool replaces = run.what.what->overlap == overlap_rule::replace;
  if (before.is_claimed && !replaces) return std::nullopt;
  return before.since + (run.due - before.due);
}

void admission::look_again(place where) {
  waiting_run& run = waiting_.at(where);
  deadlines_.erase({run.looked_at, where});
  run.looked_at = run.deadline;
  if (const auto overlap = overlaps_at(run)) {
    const sys_seconds last = std::chrono::ceil<std::chrono::seconds>(*overlap);
    run.looked_at = std::min(run.looked_at, last - std::chrono::seconds(1));
  }
  deadlines_.emplace(run.looked_at, where);
}

void admission::on_overlap(place where) {
  waiting_run& run = waiting_.at(where);
  const job_state& state = jobs_.at(run.what.what->name);
  const bool replaces = run.what.what->overlap == overlap_rule::replace;
  const bool queues = run.what.what->overlap == overlap_rule::queue && !one_overlaps(state);
  if (!replaces && !queues) return drop(where, admission_verdict::skip_overlap);
  run.overlapping = true;
  look_again(where);
  if (!replaces) return;
  drop_replaced(state, where);
  if (!state.running.empty())
    answers_.push_back({run.what.run_id, run.later, admission_verdict::replace});
}

bool admission::one_overlaps(const job_state& state) const {
  return std::any_of(state.waiting.begin(), state.waiting.end(),
                     [this](const place& where) { return waiting_.at(where).overlapping; });
}

// The newest run wins. Those that wait are replaced before they have started.
void admission::drop_replaced(const job_state& state, place by) {
  const std::vector<place> all(state.waiting.begin(), state.waiting.end());
  for (const place& where : all) {
    const waiting_run& run = waiting_.at(where);
    if (where == by || in_sequence(run.what)) continue;
    if (run.overlapping || where < by) drop(where, admission_verdict::skip_overlap);
  }
}

void admission::drop(place where, admission_verdict why) {
  waiting_run dropped = take(where);
  answers_.push_back({std::move(dropped.what.run_id), std::move(dropped.later), why});
}

// -- starts --------------------------------------------------------------------------------------

void admission::forget_if_idle(const std::string& job) {
  const auto found = jobs_.find(job);
  if (found != jobs_.end() && found->second.running.empty() && found->second.waiting.empty())
    jobs_.erase(found);
}

void admission::start_waiting(std::vector<place> candidates) {
  for (const place& where : candidates) {
    if (file_is_full()) return;
    const auto found = waiting_.find(where);
    if (found == waiting_.end()) continue;  // dropped meanwhile
    const run_request& what = found->second.what;
    const job_state& state = jobs_.at(what.what->name);
    if (is_blocked(what, state) || !has_room(what, state)) continue;
    start(what, found->second.due);  // before it leaves its place: it keeps its turn
    const waiting_run started = take(where);
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
