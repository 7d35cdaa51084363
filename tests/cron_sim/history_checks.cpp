// What the ledger contains once the faults are over: rules C3 and C4.
#include <algorithm>

#include "cron_sim/tick_checker.hpp"

namespace tenure::cron_sim {

using cron::sys_seconds;

namespace {

std::string name_of(const shown_record& r) {
  std::string text = cron::rfc3339(r.tick);
  if (r.until != r.tick) text += " to " + cron::rfc3339(r.until);
  return text + " " + r.state + (r.reason.empty() ? "" : " (" + r.reason + ")") +
         (r.run_id.empty() ? "" : ", run " + r.run_id);
}

/// Operators' runs, and second attempts at runs with an unknown end, have records beside those of
/// the ticks.
bool of_tick(const shown_record& r) {
  return r.trigger != "operator" && r.trigger != "retry_unknown";
}

/// A skip for which catch_up decides.
bool was_missed(const shown_record& r) {
  return r.state == "skipped" && (r.reason == "no_leader" || r.reason == "suspended");
}

}  // namespace

std::vector<shown_record> tick_checker::history_of(const job_state& state) const {
  std::vector<shown_record> all = state.removed;
  for (const auto& [number, records] : state.pages)
    all.insert(all.end(), records.begin(), records.end());
  if (state.shown) all.insert(all.end(), state.shown->newest.begin(), state.shown->newest.end());
  return all;
}

void tick_checker::final_check(sys_seconds until) {
  for (const job_plan& j : scenario_.jobs) {
    job_state& state = jobs_[j.what->name];
    if (!state.shown) {
      violated("C3", j.what->name, "has no document");
    } else if (state.owed_after) {
      check_history(*j.what, until, state);
    }
    if (world_.failed()) return;
  }
}

void tick_checker::check_history(const cron::job& what, sys_seconds until, job_state& state) {
  const std::vector<shown_record> all = history_of(state);
  const std::size_t kept = all.size() - state.removed.size();
  if (!state.removed.empty() && kept < what.history) {
    return violated("C3", what.name, "only " + std::to_string(kept) + " of " +
                                         std::to_string(what.history) + " records are kept");
  }
  std::map<sys_seconds, std::vector<const shown_record*>> by_tick;
  for (const shown_record& r : all) {
    check_record(what, r, state);
    if (!of_tick(r)) continue;
    for (sys_seconds t = r.tick; t <= r.until;
         t = what.when.next_after(t, *what.zone.where))
      by_tick[t].push_back(&r);
  }
  const auto open = [&state](sys_seconds tick) {
    return std::any_of(state.shown->open.begin(), state.shown->open.end(),
                       [tick](const shown_run& r) { return r.tick == tick; });
  };
  for (sys_seconds t = what.when.next_after(*state.owed_after, *what.zone.where); t <= until;
       t = what.when.next_after(t, *what.zone.where)) {
    const auto& records = by_tick[t];
    if (records.empty() && !open(t))
      return violated("C3", what.name, "tick " + cron::rfc3339(t) + " is not in the ledger");
    if (records.size() > 1 && !(jumped_ && what.when.follows_clock())) {
      return violated("C3", what.name, "tick " + cron::rfc3339(t) + " is in the ledger twice: " +
                                           name_of(*records[0]) + ", " + name_of(*records[1]));
    }
  }
  check_runs(what, state);
}

void tick_checker::check_record(const cron::job& what, const shown_record& r,
                                const job_state& state) {
  world_.probes.hit("record: " + (r.state == "skipped" ? r.reason : r.state));
  if (r.state == "skipped") {
    if (r.reason.empty()) violated("C3", what.name, name_of(r) + " has no reason");
    return check_skip(what, r, state);
  }
  if (r.state == "finished" && !r.replaced && !ids_.contains(r.run_id) &&
      !not_started_.contains(r.run_id))
    violated("C3", what.name, name_of(r) + " never began");
}

void tick_checker::check_skip(const cron::job& what, const shown_record& r,
                              const job_state& state) {
  if (!of_tick(r) || (jumped_ && what.when.follows_clock())) return;
  for (const auto& [tick, runs] : state.begun) {
    if (tick < r.tick || tick > r.until) continue;
    for (const begun_run& run : runs) {
      const cron::run_trigger why = run.request.trigger;
      if (why != cron::run_trigger::schedule && why != cron::run_trigger::catch_up) continue;
      if (state.forgotten.contains(run.request.run_id)) continue;
      return violated("C3", what.name, name_of(r) + " ran as " + run.request.run_id);
    }
  }
  if (!was_missed(r) || what.catch_up == 0) return;
  // Unless enough newer ticks were decided with it, its newest tick had to run late.
  for (const decision& d : state.decisions) {
    if (r.until <= d.after || r.until > d.until) continue;
    const std::uint64_t newer =
        what.when.count_in(r.until, d.until, *what.zone.where);
    if (newer < what.catch_up) {
      violated("C4", what.name, name_of(r) + " did not run late: only " + std::to_string(newer) +
                                    " newer ticks were decided with it");
    }
    return;
  }
}

void tick_checker::check_runs(const cron::job& what, const job_state& state) {
  const auto check = [&](const begun_run& run) {
    if (run.goes_on() || state.ends.contains(run.request.run_id)) return;
    if (state.forgotten.contains(run.request.run_id)) return;
    // Its end may be about to be written: see check_no_claims().
    const auto same = [&run](const shown_run& r) { return r.run_id == run.request.run_id; };
    const auto& open = state.shown->open;
    if (std::any_of(open.begin(), open.end(), same)) return;
    violated("C3", what.name, "run " + run.request.run_id + " of " +
                                  cron::rfc3339(run.request.tick) + " has no record");
  };
  for (const auto& [tick, runs] : state.begun) {
    if (tick > *state.owed_after) std::for_each(runs.begin(), runs.end(), check);
  }
}

void tick_checker::check_no_claims() {
  for (const auto& [name, state] : jobs_) {
    if (!state.shown) continue;
    for (const shown_run& r : state.shown->open) {
      if (r.claimed) violated("C3", name, "run " + r.run_id + " has no end after a clean end");
    }
  }
}

}  // namespace tenure::cron_sim
