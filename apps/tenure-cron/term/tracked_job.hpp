// One job of a lane during a term: its document in the ledger, and what has to be written of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "tenure-cron/ledger/ledger_document.hpp"
#include "tenure-cron/ledger/tick_rules.hpp"
#include "tenure-cron/term/control_state.hpp"

namespace tenure::cron {

/// Writes of a document that were not carried out, since the last one that was.
class write_trouble {
 public:
  unsigned retries = 0;  ///< after a refusal or a lost answer
  duration pause{0};     ///< the last one
  bool told = false;     ///< in the log
};

class tracked_job {
 public:
  explicit tracked_job(job_ptr w) : what(std::move(w)) {}

  job_ptr what;
  ledger_document document;     ///< as it is to be stored
  std::uint64_t index = 0;      ///< of what is stored; 0: nothing is
  bool index_known = true;      ///< if not, it must be read before the next write
  std::uint64_t stored_hash = 0;  ///< of the text that is stored; 0: not known
  std::uint64_t stored_first_page = 1;  ///< `first_page` of the document that is stored
  plan planned{};
  sys_seconds loaded{};         ///< the highest tick that was decided before this term
  /// Ticks that the leader of another election has claimed; whether its record is in `document`.
  std::map<sys_seconds, bool> taken;
  bool removed = false;         ///< a reload has dropped the job

  bool dirty = false;           ///< `document` has changed since the last attempt to write it
  bool queued = false;          ///< it is in the list of what is written lazily
  bool writing = false;
  write_trouble trouble;
  std::vector<std::string> claims;          ///< runs that begin once `document` is stored
  using numbered_page = std::pair<std::uint64_t, std::string>;
  std::vector<numbered_page> sealed;         ///< pages to be stored, the oldest first
  std::optional<numbered_page> newest_page;  ///< of the stored ones, if this term has sealed it
  std::map<std::string, run_order> orders;  ///< by run id: removed with the next write
};

using tracked_ptr = std::shared_ptr<tracked_job>;

}  // namespace tenure::cron
