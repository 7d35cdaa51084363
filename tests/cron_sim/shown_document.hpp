// What the ledger of a job says, read without any code of the ledger itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron_sim {

/// A run that has no end in the ledger.
class shown_run {
 public:
  bool claimed = false;  ///< otherwise it waits
  std::string run_id;
  cron::sys_seconds tick{};
  std::string trigger;
  std::uint64_t fence = 0;
};

/// What became of a tick, or of all ticks in [tick, until].
class shown_record {
 public:
  cron::sys_seconds tick{};
  cron::sys_seconds until{};
  std::string state;    ///< finished, skipped, unknown
  std::string reason;   ///< of a skip
  std::string trigger;
  std::string run_id;   ///< empty for a skip
  std::uint64_t fence = 0;
  bool replaced = false;  ///< before its first attempt, while its claim was being written
};

class shown_document {
 public:
  std::optional<cron::sys_seconds> last;  ///< the last tick that was decided
  std::vector<shown_run> open;
  std::vector<shown_record> newest;       ///< the oldest first
  std::uint64_t page = 0;                 ///< the newest sealed one; 0: none
};

/// Throws std::runtime_error where the text is no such document.
shown_document read_document(std::string_view text);
std::vector<shown_record> read_page(std::string_view text);

}  // namespace tenure::cron_sim
