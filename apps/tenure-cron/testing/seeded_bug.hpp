// Mistakes that the tests of "each tick at most once, and none silently lost" must find. In
// production `bug_enabled` is a constant false and leaves no trace. In a variant of the objects,
// compiled with TENURE_SEEDED_BUGS, a test can enable one of them.
#pragma once

#include <cstdint>

namespace tenure::cron {

enum class seeded_bug : std::uint8_t {
  none,
  ledger_after_spawn,    ///< the run begins before its claim is in the ledger
  unguarded_ledger,      ///< documents are written over whatever version is stored
  holds_not_asked,       ///< a claimed run begins though the lease is over
  lost_reply_is_claim,   ///< a claim whose answer was lost is taken for one that was carried out
  others_not_heeded      ///< claims of other leaders in a document do not count
};

#ifdef TENURE_SEEDED_BUGS
bool bug_enabled(seeded_bug bug) noexcept;
/// From now on this mistake is made, and no other.
void enable_bug(seeded_bug bug) noexcept;
#else
constexpr bool bug_enabled(seeded_bug) noexcept { return false; }
#endif

}  // namespace tenure::cron
