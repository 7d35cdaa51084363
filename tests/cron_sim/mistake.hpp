// Mistakes that the simulation must find: each is a way in which the rules of the ledger could have
// been got wrong. Others are compiled into the ledger: tenure-cron/testing/seeded_bug.hpp.
#pragma once

#include <cstdint>

namespace tenure::cron_sim {

enum class mistake : std::uint8_t {
  none,
  unguarded_write,       ///< the last write wins, also one of a replica that leads no more
  lease_not_asked,       ///< the runner does not ask holds() before a command begins
  last_tick_from_clock,  ///< a new leader counts from its own clock, not from the ledger
  old_runs_forgotten     ///< a new leader drops the runs that are open in the ledger
};

}  // namespace tenure::cron_sim
