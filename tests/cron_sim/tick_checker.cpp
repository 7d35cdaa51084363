#include "cron_sim/tick_checker.hpp"

#include <algorithm>

namespace tenure::cron_sim {

using cron::run_trigger;
using cron::sys_seconds;

namespace {

std::string name_of(const begun_run& run) {
  return "tick " + cron::rfc3339(run.request.tick) + ", run " + run.request.run_id + " (" +
         to_string(run.request.trigger) + ", fence " + std::to_string(run.request.fence) + ", " +
         run.replica + ")";
}

}  // namespace

void tick_checker::violated_unless_rough(const char* rule, const std::string& job,
                                         const std::string& what) {
  if (scenario_.rough)
    world_.probes.hit(std::string("only the fence protects: ") + rule);
  else
    violated(rule, job, what);
}

const cron::job* tick_checker::find(const std::string& name) const {
  for (const job_plan& j : scenario_.jobs) {
    if (j.what->name == name) return j.what.get();
  }
  return nullptr;
}

// -- runs ----------------------------------------------------------------------------------------

void tick_checker::begins(begun_run run) {
  const cron::job& what = *run.request.what;
  job_state& state = jobs_[what.name];
  ++runs_;
  world_.probes.hit(std::string("run: ") + to_string(run.request.trigger));
  world_.note(run.replica, "begins", what.name + " " + cron::rfc3339(run.request.tick) + " " +
                                         run.request.run_id, run.request.fence);
  if (run.lease == lease_state::none) {
    violated("C2", what.name, name_of(run) + " begins after the lease");
  } else if (run.lease == lease_state::another) {
    violated_unless_rough("C2", what.name, name_of(run) + " begins while another replica leads");
  }
  if (!ids_.emplace(run.request.run_id, true).second)
    violated("C1", what.name, name_of(run) + " begins again");
  const auto same = [&run](const shown_run& r) {
    return r.claimed && r.run_id == run.request.run_id && r.fence == run.request.fence;
  };
  const auto forgotten = state.forgotten.find(run.request.run_id);
  const bool was_claimed =
      forgotten != state.forgotten.end() && forgotten->second == run.request.fence;
  if (!was_claimed &&
      (!state.shown || std::none_of(state.shown->open.begin(), state.shown->open.end(), same)))
    violated("C8", what.name, name_of(run) + " is not claimed in the ledger");
  check_overlap(what, run, state);
  check_repeated(what, run, state);
  state.begun[run.request.tick].push_back(std::move(run));
}

// An operator's run is of no tick, but it may be tried again, as of the second of its order.
void tick_checker::check_repeated(const cron::job& what, const begun_run& run, job_state& state) {
  const auto is_retry = [](const begun_run& r) {
    return r.request.trigger == run_trigger::retry_unknown;
  };
  if (run.request.trigger == run_trigger::operator_request) return;
  const bool repeats = jumped_ && what.when.follows_clock();  // some ticks, by the new time
  bool ordered = false;
  std::size_t unknown = 0;  // ends of this tick; perhaps the run never began
  for (const auto& [id, end] : state.ends) {
    if (end.tick != run.request.tick || end.state != "unknown") continue;
    ++unknown;
    // The ledger does not say which of both is tried again.
    if (end.trigger == "operator") ordered = true;
  }
  std::size_t retries = 0;
  const begun_run* scheduled = nullptr;
  for (const begun_run& earlier : state.begun[run.request.tick]) {
    // A clock that was behind when the ledger was lost shows later that this tick was missed.
    if (jumped_ && state.forgotten.contains(earlier.request.run_id)) continue;
    if (is_retry(earlier))
      ++retries;
    else if (earlier.request.trigger != run_trigger::operator_request)
      scheduled = &earlier;
    if (!is_retry(run) || !earlier.goes_on() || repeats || ordered) continue;
    violated_unless_rough("C1", what.name,
                          name_of(run) + " begins while " + name_of(earlier) + " goes on");
  }
  if (is_retry(run)) {
    if (!what.retry_unknown || retries >= unknown)
      violated("C1", what.name, name_of(run) + " tries again what has no unknown end");
  } else if (scheduled != nullptr && repeats) {
    world_.probes.hit("tick ran again after a clock was put right");
  } else if (scheduled != nullptr) {
    violated("C1", what.name, name_of(run) + " begins after " + name_of(*scheduled));
  }
}

void tick_checker::check_overlap(const cron::job& what, const begun_run& run,
                                 const job_state& state) {
  if (what.overlap == cron::overlap_rule::allow) return;
  const auto check = [&](const begun_run& earlier) {
    if (!earlier.goes_on()) return;
    violated_unless_rough("C7", what.name,
                          name_of(run) + " begins while " + name_of(earlier) + " goes on");
  };
  for (const auto& [tick, runs] : state.begun) std::for_each(runs.begin(), runs.end(), check);
}

// -- the ledger ----------------------------------------------------------------------------------

void tick_checker::key_changed(const sim::key_change& change) {
  const std::string jobs = std::string(ledger_root) + "/jobs/";
  const std::string pages = std::string(ledger_root) + "/pages/";
  const bool document = change.key.starts_with(jobs);
  if (!document && !change.key.starts_with(pages)) return;
  const std::string rest = change.key.substr(document ? jobs.size() : pages.size());
  const std::string name = rest.substr(0, rest.find('/'));
  const cron::job* const what = find(name);
  if (what == nullptr) return violated("C3", name, "a document of no job");
  if (!change.after && change.by == sim::agent_restart) return;  // see consul_erased()
  job_state& state = jobs_[name];
  try {
    if (document) {
      if (!change.after) return violated("C3", name, "the document was deleted");
      document_changed(*what, read_document(change.after->value), state);
    } else {
      const std::uint64_t number = std::stoull(rest.substr(name.size() + 1));
      if (change.after) {
        state.pages[number] = read_page(change.after->value);
        note_ends(state.pages[number], state);
      } else {
        world_.probes.hit("a page of records was removed");
        const std::vector<shown_record> gone = std::move(state.pages[number]);
        state.removed.insert(state.removed.end(), gone.begin(), gone.end());
        state.pages.erase(number);
      }
    }
  } catch (const std::exception& e) {
    violated("C3", name, std::string("unreadable: ") + e.what());
  }
}

void tick_checker::document_changed(const cron::job& what, const shown_document& now,
                                    job_state& state) {
  const auto was_claimed = [&state](const std::string& id) {
    if (!state.shown) return false;
    const auto same = [&id](const shown_run& r) { return r.claimed && r.run_id == id; };
    return std::any_of(state.shown->open.begin(), state.shown->open.end(), same);
  };
  for (const shown_run& r : now.open) {
    if (r.claimed && !was_claimed(r.run_id)) check_claim(what, r, state);
  }
  note_ends(now.newest, state);
  if (!state.owed_after) state.owed_after = now.last;
  const std::optional<sys_seconds> before =
      state.shown ? state.shown->last : std::optional<sys_seconds>();
  if (before && now.last && *now.last > *before)
    state.decisions.push_back(decision{*before, *now.last});
  state.shown = now;
}

void tick_checker::note_ends(const std::vector<shown_record>& records, job_state& state) {
  for (const shown_record& r : records) {
    if (!r.run_id.empty()) state.ends[r.run_id] = r;
  }
}

void tick_checker::check_claim(const cron::job& what, const shown_run& claimed,
                               job_state& state) {
  const std::string name = "run " + claimed.run_id + " of " + cron::rfc3339(claimed.tick);
  if (claimed.fence < state.fence) {
    violated("C5", what.name, name + " has fence " + std::to_string(claimed.fence) + " after " +
                                  std::to_string(state.fence));
  }
  state.fence = std::max(state.fence, claimed.fence);
  if (claimed.trigger == "catch_up" && what.catch_up == 0)
    violated("C4", what.name, name + " runs late");
}

void tick_checker::consul_erased() {
  for (auto& [name, state] : jobs_) {
    for (const auto& [tick, runs] : state.begun) {
      for (const begun_run& run : runs)
        state.forgotten[run.request.run_id] = run.request.fence;
    }
    if (state.shown) {
      for (const shown_run& r : state.shown->open) {
        if (r.claimed) state.forgotten[r.run_id] = r.fence;
      }
    }
    state.shown.reset();
    state.pages.clear();
    state.removed.clear();
    state.decisions.clear();
    state.owed_after.reset();
    state.fence = 0;
  }
}

}  // namespace tenure::cron_sim
