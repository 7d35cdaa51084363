// What operators ask for through Consul, from any machine: pauses, and runs out of turn.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tenure-cron/ledger/ledger_keys.hpp"
#include "tenure-cron/ledger/ledger_store.hpp"
#include "tenure-cron/ledger/record.hpp"
#include "tenure-cron/schedule/wall_clock.hpp"

namespace tenure::cron {

/// {"job": "backup", "by": "ops@host", "at": 1767225600000}: the value of both kinds of keys.
class operator_note {
 public:
  std::string job;
  std::string by;
  sys_milliseconds at{};

  bool operator==(const operator_note&) const = default;
};

std::string to_json(const operator_note& note);
/// Leaves out what the text does not say, and a time that no clock shows.
operator_note parse_operator_note(const std::string& text);

/// `<root>/control/run/<id>`, see is_run_id(). The leader of the job claims it as a run with that
/// id.
class run_order {
 public:
  std::string id;
  std::string key;
  std::string value;
  std::uint64_t modify_index = 0;
  operator_note note;

  bool operator==(const run_order&) const = default;
};

class control_state {
 public:
  std::map<std::string, operator_note> paused;  ///< by job
  std::vector<run_order> orders;

  bool is_paused(const std::string& job) const { return paused.contains(job); }
};

/// From all keys below keys.control().
control_state read_control(const ledger_keys& keys, const std::vector<ledger_entry>& stored);

/// The jobs whose pause or orders differ between the two. Who paused a job counts, too.
std::set<std::string> changed_jobs(const control_state& before, const control_state& after);

}  // namespace tenure::cron
