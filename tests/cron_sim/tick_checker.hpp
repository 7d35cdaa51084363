// Whether each tick ran at most once, and none was lost. The checker sees true time, every run that
// a replica begins, and every state of the ledger in Consul; it shares no code with the ledger.
//
//   C1  no tick of a job begins twice, unless the ledger calls its first run unknown, that run is
//       over for certain, and the job says retry_unknown; no run id begins twice
//   C2  when a run begins, its replica's lease holds, and no other replica's does
//   C3  once faults have stopped, the ledger contains every tick since the job's first entry, once:
//       finished, unknown, or skipped for a reason; and what it says of a run is true
//   C4  missed ticks run late as the job's catch_up says
//   C5  the fences of claims never decrease
//   C6  replicas send a bounded number of requests (request counts of cron_simulation)
//   C7  unless the job says overlap: allow, no two runs of it go on at once
//   C8  a run that begins has been claimed: its id is in the ledger
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cron_sim/cron_scenario.hpp"
#include "cron_sim/shown_document.hpp"
#include "sim/ground_truth.hpp"
#include "sim/world.hpp"
#include "tenure-cron/running/run_request.hpp"

namespace tenure::cron_sim {

/// Whose lease holds at the true instant at which a run begins.
enum class lease_state { own_only, none, another };

class begun_run {
 public:
  cron::run_request request;
  std::string replica;
  lease_state lease = lease_state::own_only;
  /// Whether its command may still run now. It outlives the replica.
  std::function<bool()> goes_on;
};

class tick_checker {
 public:
  tick_checker(sim::world& its_world, const cron_scenario& its_scenario)
      : world_(its_world), scenario_(its_scenario) {}

  void begins(begun_run run);
  /// The runner answered that no command of this run was started.
  void not_started(const std::string& run_id) { not_started_[run_id] = true; }
  void key_changed(const sim::key_change& change);
  /// Consul restarted empty: ticks up to now may be lost, but none may run twice. A run that was
  /// claimed before may still begin, and no ledger has a record of it.
  void consul_erased();
  /// A wall clock was put right that was wrong by more than a few seconds.
  void clock_jumped() { jumped_ = true; }
  /// All ticks up to `until` must be in the ledger; a run may still go on.
  void final_check(cron::sys_seconds until);

  /// After a clean end of all replicas every claimed run has an end.
  void check_no_claims();

  std::uint64_t runs() const noexcept { return runs_; }

 private:
  /// Ticks in (after, until] that one write of the ledger decided.
  class decision {
   public:
    cron::sys_seconds after, until;
  };
  class job_state {
   public:
    std::map<cron::sys_seconds, std::vector<begun_run>> begun;
    std::optional<shown_document> shown;
    std::map<std::uint64_t, std::vector<shown_record>> pages;
    std::vector<shown_record> removed;  ///< what was in pages beyond the job's `history`
    std::map<std::string, shown_record> ends;  ///< by run id: what the ledger said last
    std::vector<decision> decisions;
    std::optional<cron::sys_seconds> owed_after;  ///< ticks after it must be in the ledger
    std::map<std::string, std::uint64_t> forgotten;  ///< fences of the runs of a lost ledger
    std::uint64_t fence = 0;
  };
  void violated(const char* rule, const std::string& job, const std::string& what) {
    world_.report_violation(rule, job + ": " + what);
  }
  /// Where leases may overlap, for reasons that docs/design.md names, it only counts.
  void violated_unless_rough(const char* rule, const std::string& job, const std::string& what);
  void check_repeated(const cron::job& what, const begun_run& run, job_state& state);
  void check_overlap(const cron::job& what, const begun_run& run, const job_state& state);
  void document_changed(const cron::job& what, const shown_document& now, job_state& state);
  static void note_ends(const std::vector<shown_record>& records, job_state& state);
  void check_claim(const cron::job& what, const shown_run& claimed, job_state& state);
  std::vector<shown_record> history_of(const job_state& state) const;
  void check_history(const cron::job& what, cron::sys_seconds until, job_state& state);
  void check_record(const cron::job& what, const shown_record& r, const job_state& state);
  void check_skip(const cron::job& what, const shown_record& r, const job_state& state);
  void check_runs(const cron::job& what, const job_state& state);
  const cron::job* find(const std::string& name) const;

  sim::world& world_;
  const cron_scenario& scenario_;
  std::map<std::string, job_state> jobs_;
  std::map<std::string, bool> ids_;          // run ids that began
  std::map<std::string, bool> not_started_;  // run ids
  std::uint64_t runs_ = 0;
  bool jumped_ = false;
};

}  // namespace tenure::cron_sim
