// What the ledger says about a job, in the words of `tenure-cron list` and of the status page.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tenure-cron/jobs_file/jobs_file.hpp"
#include "tenure-cron/ledger/ledger_document.hpp"
#include "tenure-cron/term/control_state.hpp"

namespace tenure::cron {

class job_status {
 public:
  explicit job_status(std::string n) : name(std::move(n)) {}

  std::string name;
  std::string member;  ///< of a job with run_on: all, whose hosts have a document each
  std::optional<ledger_document> document;  ///< nothing: no leader has seen the job yet
  std::optional<operator_note> paused;      ///< by whom, and since when
  bool removed = false;  ///< the jobs file does not have it; false if none was asked
  /// The replica that leads the job, by the value of the election's key; empty: none does. Nothing:
  /// not asked.
  std::optional<std::string> leader;

  /// "running", "removed", "paused", "waiting" (for its splay, an earlier run or room) or "idle".
  const char* state() const noexcept;
  /// When it runs next; nothing for a job that is removed, whatever its document says.
  std::optional<sys_seconds> next() const noexcept;
  /// The run that goes on, or the one that waits; nullptr: none.
  const open_run* current() const noexcept;
  /// The newest record; nullptr: none.
  const run_record* last() const noexcept;
};

/// Marks the jobs of a ledger that the file does not have, or has elsewhere: on each host in place
/// of a leader, or the other way round.
void mark_removed(std::vector<job_status>& all, const jobs_file& file);

/// "ok", "failed", "stopped", "not_started", "skipped" or "unknown": one word for a record.
const char* outcome_of(const run_record& record) noexcept;

/// More about it for people: "exited with 3", "no_leader, 12 ticks"; may be empty.
std::string detail_of(const run_record& record);

/// One JSON object:
///   {"job", "member", "schedule", "zone", "state", "paused": {"by", "at"} or null,
///    "leader": a name, or null if none leads; left out if it was not asked,
///    "next": N or null, "open": [{"run", "tick", "state", "trigger", "host", "fence", "claimed"}],
///    "last": a record or null, "records": N}
/// Times are seconds since 1970; those of "at", "claimed" and "began" milliseconds.
std::string to_json(const job_status& status);

}  // namespace tenure::cron
